"""Logs of the child processes stay bounded and lose no line that was written."""

from pathlib import Path

from srm_project.embedded.logs import last_lines, rotate


def test_a_small_log_stays(tmp_path: Path):
    log = tmp_path / "web.log"
    log.write_text("short\n")

    rotated = rotate(log, largest=100)

    assert not rotated
    assert log.read_text() == "short\n"


def test_a_large_log_moves_and_its_writer_goes_on_at_the_start(tmp_path: Path):
    log = tmp_path / "web.log"
    with log.open("a") as writer:
        writer.write("x" * 100)
        writer.flush()

        assert rotate(log, largest=100)
        writer.write("after")

    assert log.read_text() == "after"
    assert (tmp_path / "web.log.1").read_text() == "x" * 100


def test_only_so_many_old_logs_are_kept(tmp_path: Path):
    log = tmp_path / "web.log"

    for text in ("first", "second", "third"):
        log.write_text(text)
        rotate(log, largest=1, kept=2)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "web.log",
        "web.log.1",
        "web.log.2",
    ]
    assert (tmp_path / "web.log.2").read_text() == "second"


def test_the_last_lines_of_a_log_are_shown_and_of_none_nothing(tmp_path: Path):
    log = tmp_path / "web.log"
    log.write_text("".join(f"line {number}\n" for number in range(50)))

    assert last_lines(log, 2) == ["line 48", "line 49"]
    assert last_lines(tmp_path / "absent.log") == []
