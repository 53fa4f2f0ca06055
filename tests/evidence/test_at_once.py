"""What several do at the same time."""

import threading

import pytest
from django.db import connection

from evidence.models import Artifact
from tests.evidence.keeping import files, keep


@pytest.mark.usefixtures("committed_db")
def test_eight_who_hand_in_the_same_at_once_share_one_file(store):
    made, failed = [], []

    def hand_in():
        try:
            made.append(keep(b"the same for all" * 1000).pk)
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=hand_in) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert len(made) == 8
    assert len(set(made)) == Artifact.objects.count() == 1
    assert len(files(store)) == 1
