"""Imported before everything else that tests need."""

import os
import sys

# Whatever the environment says: tests start the application in dozens of processes, and each would compile it anew,
# which takes longer than all else that it does until it answers.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
