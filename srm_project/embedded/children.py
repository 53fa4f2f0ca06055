"""Child processes that end with their parent, and are started again when they die."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from srm_project.embedded.logs import rotate

PR_SET_PDEATHSIG = 1
LONGEST_WAIT = 60.0
# A child that lived this long has not died of how it was started.
HEALTHY_AFTER = 60.0


def _end_with_parent() -> Callable[[], None] | None:
    """Return what a child runs before its command: a request to end with its parent.

    Only Linux has it; elsewhere a supervisor that is killed leaves its children running.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    stdout: int,
    stderr: int | None,
) -> subprocess.Popen[str]:
    """Start a command in its own process group, out of reach of the terminal's Ctrl-C."""
    return subprocess.Popen(
        command,
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
        start_new_session=True,
        preexec_fn=_end_with_parent(),  # single-threaded here, so it is safe
    )


@dataclass
class Child:
    """One long-running process, its log, and what is known about its last start."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    folder: Path
    first_wait: float = 1.0
    failures: int = 0
    started_at: float = 0.0
    start_due_at: float = 0.0
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self, *, now: float) -> None:
        """Start the process, its output appended to its log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        rotate(self.log)
        output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self.process = spawn(
                self.command,
                environment=self.environment,
                folder=self.folder,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        finally:
            os.close(output)
        self.started_at = now

    def ended(self) -> int | None:
        """Return the exit code of a process that ended; None while it runs or waits."""
        return None if self.process is None else self.process.poll()

    def bury(self, *, now: float) -> float:
        """Clear away what the dead process left; return the seconds to its next start."""
        self.signal(signal.SIGKILL)
        self.process = None
        self.failures = 1 if now - self.started_at > HEALTHY_AFTER else self.failures + 1
        wait = min(LONGEST_WAIT, self.first_wait * 2.0 ** (self.failures - 1))
        self.start_due_at = now + wait
        return wait

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and everything it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


def describe(code: int) -> str:
    """Return an exit code in words a user can look up."""
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"


def exit_status(code: int) -> int:
    """Return the exit status a shell would give for a process that ended with this code."""
    return code if code >= 0 else 128 - code
