"""`python -m srm_project.embedded run|setup`: what make starts once .venv is there."""

import os
import signal
import subprocess
import sys
import time

from srm_project.embedded import commands
from srm_project.embedded.children import exit_status, spawn
from srm_project.embedded.options import (
    REPOSITORY,
    Options,
    Refusal,
    lock,
    read_options,
    require_free_port,
    require_writable,
)
from srm_project.embedded.supervisor import StopRequest, Supervisor, say

MODES = ("run", "setup")


class Stopped(Exception):  # noqa: N818  (a wish, not a fault)
    """The user asked to stop before there was anything to stop."""


def main(arguments: list[str]) -> int:
    """Run one mode; return its exit status. A refusal is one line and status 1."""
    if len(arguments) != 1 or arguments[0] not in MODES:
        sys.stderr.write("usage: python -m srm_project.embedded run|setup\n")
        return 2
    # Database, evidence, keys and logs are nobody else's to read.
    os.umask(0o077)
    stop = StopRequest()
    stop.listen()
    try:
        options = read_options(os.environ)
        if arguments[0] == "run":
            require_free_port(options.port)
        require_writable(options.data_dir)
        with lock(options.data_dir):
            return run(options, stop) if arguments[0] == "run" else set_up(options, stop)
    except Refusal as refusal:
        sys.stderr.write(f"srm: {refusal}\n")
        return 1
    except Stopped:
        say("srm: stopped.")
        return 0


def set_up(options: Options, stop: StopRequest) -> int:
    """Prepare the data folder and say the new sign-in, when there is one."""
    for line in prepare(options, stop):
        say(line)
    say(f"srm: everything is set up in {options.data_dir}; start it with: make run")
    return 0


def run(options: Options, stop: StopRequest) -> int:
    """Prepare the data folder, run SRM, return the exit status when it has ended."""
    environment = options.environment(os.environ)
    sign_in = prepare(options, stop)
    supervisor = Supervisor(
        web=commands.web(options, environment),
        workers=commands.workers(options, environment),
        answers=lambda: commands.answers(options.port),
        stop=stop,
    )

    def ready() -> None:
        say(f"\n  SRM is ready: {options.address}")
        while sign_in:
            say(f"  {sign_in.pop(0)}")
        say(f"  Data and logs: {options.data_dir}\n  Ctrl-C stops it.\n")

    try:
        status = supervisor.run(ready=ready)
    finally:
        # A password is shown once; one that nobody saw would be lost.
        for line in sign_in:
            say(line)
    if stop:
        say("srm: stopped.")
    return status


def prepare(options: Options, stop: StopRequest) -> list[str]:
    """Run the set-up steps; return the lines about a new sign-in, none on later starts."""
    environment = {
        **options.environment(os.environ),
        "SRM_EXAMPLE": "1" if options.example else "0",
    }
    process = spawn(
        commands.set_up(),
        environment=environment,
        folder=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=None,
    )
    while process.poll() is None:
        if stop:
            process.send_signal(signal.SIGTERM)
            process.wait()
            raise Stopped
        time.sleep(0.05)
    printed = process.stdout.read().splitlines() if process.stdout else []
    if process.returncode:
        raise SystemExit(exit_status(process.returncode))
    return printed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
