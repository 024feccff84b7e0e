"""Runs the Procfile's processes with honcho until one of them, or whoever started this, ends.

Called by the runner as `python -m app.development.processes PID NAME...`: a process of its own, so that the files and
locks of the runner are not inherited, and so that nothing stays behind if the runner is killed.
"""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from honcho.environ import parse_procfile
from honcho.manager import Manager

PROJECT = Path(__file__).parents[2]


def procfile_commands(names: Sequence[str]) -> dict[str, str]:
    """The command lines of these process types.

    Raises:
        KeyError: the Procfile does not name one of them.
    """
    procfile = parse_procfile((PROJECT / "Procfile").read_text(encoding="utf-8"))
    return {name: procfile.processes[name] for name in names}


def main(owner: int, names: Sequence[str]) -> int:
    """Run until told to stop; honcho ends them all when one ends, and kills what does not end within 5 s."""
    manager = Manager()
    for name, command in procfile_commands(names).items():
        manager.add_process(name, command, env=dict(os.environ), cwd=str(PROJECT))
    # Ends with the runner, however that dies, and so takes all others along.
    watch = f"while kill -0 {shlex.quote(str(owner))} 2>/dev/null; do sleep 1; done"
    manager.add_process("runner", watch, quiet=True)
    manager.loop()
    return int(manager.returncode or 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
