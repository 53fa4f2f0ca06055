"""What an embedded start reads from the environment, and what it refuses."""

import socket
from pathlib import Path

import pytest

from srm_project.embedded.options import (
    REPOSITORY,
    Refusal,
    lock,
    read_options,
    require_free_port,
    require_writable,
)


def test_the_defaults_are_port_8000_the_folder_var_and_the_example():
    options = read_options({})

    assert options.address == "http://127.0.0.1:8000/"
    assert options.data_dir == REPOSITORY / "var"
    assert options.example


def test_port_folder_and_example_are_taken_from_the_environment(tmp_path: Path):
    environment = {"PORT": "8123", "SRM_DATA_DIR": str(tmp_path), "SRM_EXAMPLE": "0"}

    options = read_options(environment)

    assert options.address == "http://127.0.0.1:8123/"
    assert options.data_dir == tmp_path
    assert not options.example


def test_a_relative_folder_lies_in_the_checkout_and_reaches_the_children_absolute():
    options = read_options({"SRM_DATA_DIR": "elsewhere", "PORT": ""})

    environment = options.environment({"HOME": "/nowhere", "SRM_DATA_DIR": "elsewhere"})

    assert environment["SRM_DATA_DIR"] == str(REPOSITORY / "elsewhere")
    assert environment["PORT"] == "8000"
    assert environment["HOME"] == "/nowhere"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "80 80", "٣"])
def test_a_port_that_is_none_is_refused(port: str):
    with pytest.raises(Refusal, match="choose a number from 1 to 65535"):
        read_options({"PORT": port})


def test_a_port_in_use_is_refused_and_a_free_one_is_not():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Refusal, match=f"port {port} is in use"):
            require_free_port(port)

    require_free_port(port)


def test_a_data_folder_is_created_for_use(tmp_path: Path):
    require_writable(tmp_path / "deep" / "data")

    assert list((tmp_path / "deep" / "data").iterdir()) == []


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(Refusal, match=r"data folder .*/file/data cannot be written"):
        require_writable(tmp_path / "file" / "data")


def test_a_data_folder_serves_one_srm_at_a_time(tmp_path: Path):
    with lock(tmp_path), pytest.raises(Refusal, match=r"another SRM \(process \d+\)"):
        lock(tmp_path)

    lock(tmp_path).close()
