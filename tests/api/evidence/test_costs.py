"""What handing in, judging and showing ask of the database, whatever the history."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.evidence.calls import FIELDS, upload
from tests.make import accept_evidence, make_evidence, make_schedule, review_of

pytestmark = pytest.mark.django_db


def queries(work):
    """How many queries the request takes, beginnings and ends of transactions aside."""
    with CaptureQueriesContext(connection) as seen:
        answer = work()
    assert answer.status_code < 300, answer.content
    words = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return sum(not query["sql"].startswith(words) for query in seen.captured_queries)


def test_handing_in_costs_a_query_more_for_each_link(contributor, system):
    rows = [str(row.uuid) for row in system.responsibilities.order_by("pk")]
    upload(contributor)

    few = queries(
        lambda: upload(
            contributor, file=b"1\n", fields={**FIELDS, "responsibilities": rows[:1]}
        )
    )
    more = queries(
        lambda: upload(
            contributor, file=b"2\n", fields={**FIELDS, "responsibilities": rows[:4]}
        )
    )

    assert more == few + 3
    assert few <= 26


def test_one_piece_costs_the_same_however_long_its_story(contributor, approver):
    path = f"evidence/{upload(contributor).json()['uuid']}/"
    short = queries(lambda: contributor.get(path))
    for number in range(6):
        contributor.post(f"{path}revise/", {"title": f"{number}"}, version=number + 1)

    assert queries(lambda: contributor.get(path)) == short <= 10


def test_accepting_costs_the_same_whatever_was_handed_in_before(approver, team, review):
    first = make_evidence(team, review)
    path = "evidence/{}/accept/"
    approver.get("evidence/")  # the first request of a token notes that it is used
    cost = queries(lambda: approver.post(path.format(first.uuid), {}, version=1))
    for _ in range(5):
        accept_evidence(make_evidence(team))
    later = review_of(make_schedule(review.schedule.duty, title="Other"))
    last = make_evidence(team, later)

    again = queries(lambda: approver.post(path.format(last.uuid), {}, version=1))

    assert again == cost <= 40
