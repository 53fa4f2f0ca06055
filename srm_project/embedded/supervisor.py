"""Keeps web and workers running until somebody stops them, and stops them all together."""

import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

from srm_project.embedded.children import Child, describe, exit_status
from srm_project.embedded.logs import last_lines, rotate

STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TICK = 0.1
ROTATE_EVERY = 30.0


def say(line: str) -> None:
    """Tell the user one line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class StopRequest:
    """Remembers that the user asked to stop; asked twice means at once."""

    def __init__(self) -> None:
        self.count = 0

    def __bool__(self) -> bool:
        return self.count > 0

    def listen(self) -> None:
        """Take Ctrl-C and termination as requests instead of being ended by them."""
        for number in STOPPING_SIGNALS:
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1


@dataclass
class Supervisor:
    """Runs one web process that all depends on, and workers that may start again."""

    web: Child
    workers: Sequence[Child]
    answers: Callable[[], bool]
    stop: StopRequest
    patience: float = 60.0
    grace: float = 8.0
    _rotated_at: float = field(default=0.0, repr=False)

    def run(self, *, ready: Callable[[], None]) -> int:
        """Start all, call `ready` once web answers; return the exit status at the end."""
        for child in self._children:
            child.start(now=time.monotonic())
        try:
            status = self._wait_until_ready()
            if status is None:
                ready()
                status = self._watch()
        finally:
            self._end_all()
        return status

    @property
    def _children(self) -> list[Child]:
        return [self.web, *self.workers]

    def _wait_until_ready(self) -> int | None:
        """Return None once web answers, or the exit status when it never will."""
        deadline = time.monotonic() + self.patience
        while not self.answers():
            if (status := self._check()) is not None:
                return status
            if time.monotonic() > deadline:
                say(f"srm: the web server did not answer within {self.patience:.0f} s.")
                self._show_log(self.web)
                return 1
            time.sleep(TICK)
        return None

    def _watch(self) -> int:
        while (status := self._check()) is None:
            time.sleep(TICK)
        return status

    def _check(self) -> int | None:
        """Look at every process once; return the exit status when it is time to end."""
        if self.stop:
            return 0
        code = self.web.ended()
        if code is not None:
            say(f"srm: the web server ended ({describe(code)}); stopping everything.")
            self._show_log(self.web)
            return exit_status(code) or 1
        now = time.monotonic()
        for worker in self.workers:
            self._revive(worker, now=now)
        if now - self._rotated_at > ROTATE_EVERY:
            self._rotated_at = now
            for child in self._children:
                rotate(child.log)
        return None

    def _revive(self, worker: Child, *, now: float) -> None:
        code = worker.ended()
        if code is not None:
            wait = worker.bury(now=now)
            say(
                f"srm: {worker.name} ended ({describe(code)}); starting it again "
                f"in {wait:.0f} s. Its log: {worker.log}"
            )
        elif worker.process is None and now >= worker.start_due_at:
            worker.start(now=now)

    def _end_all(self) -> None:
        """End every process: asked first, killed when late or when the user insists."""
        asked = self.stop.count
        deadline = time.monotonic() + self.grace
        for child in self._children:
            child.signal(signal.SIGTERM)
        while any(child.process and child.ended() is None for child in self._children):
            if time.monotonic() > deadline or self.stop.count > max(asked, 1):
                break
            time.sleep(TICK / 2)
        for child in self._children:
            child.signal(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()

    def _show_log(self, child: Child) -> None:
        for line in last_lines(child.log):
            say(f"    {line}")
        say(f"srm: the whole log is {child.log}")
