"""docs/configuration.md lists what the code reads, and nothing else."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
NAME = r"SRM_[A-Z_]+|(?:[A-Z]+_)+URL|SECRET_KEY|PORT"


def read_by_the_code():
    files = [*REPOSITORY.glob("srm_project/**/*.py"), REPOSITORY / "manage.py"]
    text = "\n".join(path.read_text() for path in files)
    return set(re.findall(rf'"({NAME})"', text))


def listed():
    text = (REPOSITORY / "docs" / "configuration.md").read_text()
    return set(re.findall(rf"^\| `({NAME})` \|", text, re.MULTILINE))


def test_every_variable_is_listed_and_every_listed_one_is_read():
    assert listed() == read_by_the_code()
