"""Runs the Procfile's processes with honcho until one of them ends or somebody ends them.

The runner calls it as `python app/development/processes.py NAME...`: a process of its own, so that the runner's files
and locks are not inherited by everything that is started.
"""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Message, Printer

PROJECT = Path(__file__).parents[2]
KILL_ALL = signal.SIGUSR1
"""Ends, at once, whatever did not obey SIGTERM."""


class _EndingPrinter(Printer):  # type: ignore[misc]  # honcho has no types
    """Prints; once nobody reads any more (`make run | head`), ends what is run. honcho alone would hang for ever."""

    def write(self, message: Message) -> None:
        try:
            super().write(message)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            os.kill(os.getpid(), signal.SIGTERM)


def procfile_commands(names: Sequence[str]) -> Mapping[str, str]:
    """The command lines of these process types.

    Raises:
        KeyError: the Procfile does not name one of them.
    """
    procfile = parse_procfile((PROJECT / "Procfile").read_text(encoding="utf-8"))
    return {name: procfile.processes[name] for name in names}


def main(names: Sequence[str]) -> int:
    """Run them all. When one ends, honcho ends the others, and kills those that still run 5 s later."""
    manager = Manager(_EndingPrinter())
    for name, command in procfile_commands(names).items():
        manager.add_process(name, command, env=dict(os.environ), cwd=str(PROJECT))
    signal.signal(KILL_ALL, lambda _number, _frame: manager.kill())
    manager.loop()
    return int(manager.returncode or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
