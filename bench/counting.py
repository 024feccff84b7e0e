"""`python -m bench.counting FILE SCRIPT`: runs a script, and counts the statements of it and its children in a file.

Each statement appends one byte: a write that is appended is never torn, whoever else appends meanwhile.
"""

import os
import runpy
import sys

from sqlalchemy import event
from sqlalchemy.engine import Engine


def main(file: str, script: str) -> None:
    counter = os.open(file, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    event.listen(Engine, "before_cursor_execute", lambda *_: os.write(counter, b"."))
    sys.argv = [script]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
