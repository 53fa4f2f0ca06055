"""Files go in whole and come out as they were; what is wrong with the store is found."""

import errno
import os
import random
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controls.errors import StorageFailedError, StorageFullError, TooLargeError
from evidence.models import Artifact
from evidence.services import artifacts, checking, sweeping
from evidence.services.checking import Wrong
from evidence.services.shelves import FolderShelf
from evidence.services.store import Draft
from evidence.tasks import sweep_store
from tests.evidence.keeping import files, keep
from tests.make import MONDAY, make_draft, make_evidence

pytestmark = pytest.mark.django_db

ANY_SIZE = st.one_of(st.binary(max_size=2000), st.integers(0, 3_000_000).map(os.urandom))


def now():
    return timezone.now()  # noqa: TID251 - as the interfaces, which the tests call, do


def age(path, **by):
    """Let a file have been written so long ago."""
    then = (now() - timedelta(**by)).timestamp()
    os.utime(path, (then, then))


def report():
    *_, last = checking.check(at=now())
    return last


def wrong():
    return {trouble.wrong for trouble in report().troubles}


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(ANY_SIZE.filter(bool))
def test_what_goes_in_comes_out(content):
    artifact = keep(content)

    with artifacts.opened(artifact) as file:
        assert file.read() == content
    assert artifact.size == len(content)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(0, 4999), st.integers(1, 5000))
def test_a_part_is_those_bytes(start, length):
    content = bytes(range(250)) * 20
    artifact = keep(content)

    with artifacts.opened(artifact, start=start, length=length) as file:
        assert file.read() == content[start : start + length]


def test_a_file_stands_under_its_hash_and_nothing_is_left_beside_it(store):
    artifact = keep(b"proof")

    assert files(store) == [store / "artifacts" / artifact.sha256[:2] / artifact.sha256]


def test_a_file_that_is_too_large_is_gone_as_soon_as_it_is(store):
    draft = Draft("x.txt", limit=10)
    draft.write(b"0123456789")

    with pytest.raises(TooLargeError, match="at most 100 MB"):
        draft.write(b"0")

    assert files(store) == []


def test_a_draft_that_nobody_holds_is_gone(store):
    draft = make_draft()
    assert len(files(store)) == 1

    del draft

    assert files(store) == []


def test_the_same_bytes_again_leave_the_file_that_stands_there(store):
    first = keep(b"proof")
    before = (store / first.path).stat().st_ino

    assert keep(b"proof").pk == first.pk
    assert (store / first.path).stat().st_ino == before


def test_the_same_bytes_again_mend_a_file_that_was_cut(store):
    artifact = keep(b"proof")
    (store / artifact.path).write_bytes(b"pr")

    keep(b"proof")

    assert (store / artifact.path).read_bytes() == b"proof"


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, StorageFullError),
        (errno.EDQUOT, StorageFullError),
        (errno.EFBIG, StorageFullError),
        (errno.EIO, StorageFailedError),
        (errno.EROFS, StorageFailedError),
        (errno.EACCES, StorageFailedError),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_what_the_disk_refuses_is_told_and_leaves_nothing(
    store, monkeypatch, number, kind, call
):
    draft = Draft("x.txt")
    broken = _failing(number)
    if call == "fsync":
        monkeypatch.setattr("evidence.services.store.os.fsync", broken)
    elif call == "replace":
        monkeypatch.setattr("pathlib.Path.replace", broken)
    else:
        monkeypatch.setattr("evidence.services.store._write_all", broken)

    with pytest.raises(kind):
        _store(draft)

    monkeypatch.undo()
    draft.discard()
    assert files(store) == []
    assert not Artifact.objects.exists()
    assert keep(b"proof").size == 5


def _failing(number):
    def fail(*_args, **_kwargs):
        raise OSError(number, os.strerror(number))

    return fail


def _store(draft):
    draft.write(b"proof")
    draft.seal()
    artifacts.settle(file=draft, at=MONDAY)


def test_a_clean_store_raises_no_alarm():
    for number in range(200):
        keep(b"%d" % number)

    found = report()

    assert (found.files, found.troubles, found.young) == (200, [], 0)
    assert found.read == sum(len(b"%d" % number) for number in range(200))


def damage(kind, store, artifact, other, luck):
    """Do one kind of harm to a stored file."""
    path = store / artifact.path
    content = bytearray(path.read_bytes())
    if kind == "flip":
        content[luck.randrange(len(content))] ^= 1 << luck.randrange(8)
        path.write_bytes(content)
    elif kind == "truncate":
        path.write_bytes(content[: luck.randrange(len(content))])
    elif kind == "append":
        path.write_bytes(bytes(content) + luck.randbytes(luck.randrange(1, 9)))
    elif kind == "delete":
        path.unlink()
    elif kind == "swap":
        path.write_bytes((store / other.path).read_bytes())
    else:
        extra = path.with_name(luck.randbytes(32).hex())
        extra.write_bytes(b"x")
        age(extra, days=2)


FOUND = {
    "flip": Wrong.ALTERED,
    "truncate": Wrong.TRUNCATED,
    "append": Wrong.LONGER,
    "delete": Wrong.MISSING,
    "swap": Wrong.SWAPPED,
    "extra": Wrong.EXTRA,
}


def test_two_hundred_of_two_hundred_corruptions_are_found(store):
    luck = random.Random(20260302)  # noqa: S311 - repeatable on purpose
    kept = [keep(luck.randbytes(luck.randrange(20, 400))) for _ in range(6)]
    missed = []

    for number in range(200):
        kind = list(FOUND)[number % len(FOUND)]
        victim, other = luck.sample(kept, 2)
        path = store / victim.path
        whole = path.read_bytes()
        damage(kind, store, victim, other, luck)
        if wrong() != {FOUND[kind]}:
            missed.append((number, kind, report().troubles))
        path.write_bytes(whole)
        for extra in set(path.parent.iterdir()) - {path}:
            extra.unlink()

    assert missed == []
    assert report().troubles == []


def test_a_row_whose_hash_was_edited_is_found(store, committed_rows):
    artifact = keep(b"proof")
    age(store / artifact.path, days=2)
    committed_rows("sha256", "0" * 64)

    assert wrong() == {Wrong.MISSING, Wrong.EXTRA}


def test_a_row_whose_hash_is_none_or_whose_size_was_edited_is_found(committed_rows):
    keep(b"proof")

    committed_rows("size", 6)
    assert wrong() == {Wrong.BAD_ROW}

    committed_rows("sha256", "../../etc/passwd")
    assert Wrong.BAD_ROW in wrong()


@pytest.fixture
def committed_rows():
    """Edit the one artifact past the guard, as whoever owns the database could."""

    def edit(field, value):
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("DROP TRIGGER IF EXISTS evidence_artifact_no_update")
            else:
                cursor.execute("ALTER TABLE evidence_artifact DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE evidence_artifact SET {field} = %s", [value])  # noqa: S608
            if connection.vendor != "sqlite":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("ALTER TABLE evidence_artifact ENABLE TRIGGER USER")

    return edit


def test_the_command_says_that_all_is_well(capsys):
    keep(b"proof")

    call_command("verify_evidence_store")

    assert "1 files, 0.0 MB read: all there" in capsys.readouterr().out


def test_the_command_names_each_trouble_and_fails(store, capsys):
    artifact = keep(b"proof")
    (store / artifact.path).unlink()

    with pytest.raises(CommandError, match="1 things are wrong"):
        call_command("verify_evidence_store")

    assert f"missing: {artifact.path}" in capsys.readouterr().out


def test_a_young_file_without_a_row_is_no_alarm(store):
    keep(b"proof")
    (store / "artifacts" / "ab").mkdir(exist_ok=True)
    (store / "artifacts" / "ab" / ("ab" * 32)).write_bytes(b"on its way")

    assert (report().troubles, report().young) == ([], 1)


def test_a_sweep_takes_what_is_old_and_nobody_points_to(store):
    kept = make_evidence_file(store, days=400)
    orphan = store / "artifacts" / "ab" / ("ab" * 32)
    young = store / "artifacts" / "ab" / ("ac" * 32)
    old_draft, new_draft = store / "tmp" / "draft-old", store / "tmp" / "draft-new"
    for path in (orphan, young, old_draft, new_draft):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    age(orphan, hours=25)
    age(old_draft, hours=25)

    sweep_store()

    assert files(store) == sorted([kept, young, new_draft])


def make_evidence_file(store, **old):
    artifact = keep(b"proof")
    age(store / artifact.path, **old)
    return store / artifact.path


def test_a_second_sweep_finds_nothing_to_do():
    keep(b"proof")
    sweeping.sweep(at=now())

    assert sweeping.sweep(at=now()) == sweeping.Swept(drafts=0, files=0)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_sweep_that_was_killed_half_way_is_made_good(store, wanted):
    artifact = keep(b"proof")
    path = store / artifact.path
    digest = artifact.sha256 if wanted else "ab" * 32
    aside = store / "tmp" / f"aside-{digest}"
    path.rename(aside)
    age(aside, days=2)

    sweep_store()

    assert path.exists() == wanted
    assert not aside.exists()


def test_a_file_that_is_handed_in_again_while_a_sweep_looks_stays(store):
    path = make_evidence_file(store, days=2)
    looked = []

    def unwanted(modified_at):
        # Between the two looks somebody hands in the same bytes.
        looked.append(modified_at)
        return now() - modified_at > timedelta(days=1)

    os.utime(path)
    deleted = FolderShelf(store).remove(path.relative_to(store).as_posix(), unwanted)

    assert looked
    assert not deleted
    assert path.read_bytes() == b"proof"


def test_evidence_and_its_file_are_one_transaction(store, team):
    make_evidence(team, file=b"proof\n")

    assert len(files(store)) == Artifact.objects.count() == 1
