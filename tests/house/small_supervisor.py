"""The real supervisor over two tiny children, for the tests to signal from outside.

python -m tests.house.small_supervisor FOLDER WEB WORKER: each child is a piece of Python
that runs in FOLDER; web counts as answering once FOLDER/answers exists.
"""

import os
import sys
from pathlib import Path

from srm_project.embedded.children import Child
from srm_project.embedded.supervisor import StopRequest, Supervisor, say


def main(folder: Path, web: str, worker: str) -> int:
    """Run both children; return the supervisor's exit status."""
    stop = StopRequest()
    stop.listen()
    supervisor = Supervisor(
        web=child("web", web, folder),
        workers=[child("the worker", worker, folder)],
        answers=(folder / "answers").exists,
        stop=stop,
        patience=15,
        grace=1,
    )
    return supervisor.run(ready=lambda: say("ready"))


def child(name: str, code: str, folder: Path) -> Child:
    """Return a child that notes its process id in FOLDER/NAME.pids, then runs the code."""
    note = f"import os; open({name + '.pids'!r}, 'a').write(str(os.getpid()) + ' ')"
    return Child(
        name=name,
        command=[sys.executable, "-c", f"{note}\n{code}"],
        log=folder / f"{name}.log",
        environment=os.environ,
        folder=folder,
        first_wait=0.1,
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
