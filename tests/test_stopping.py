"""A process is told to stop by a signal, which may come at any moment."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

# Signals rain on a loop that does nothing but rest: many of them meet it half way into its wait, or out of it.
RAINED_ON = """
import signal, time
from app.stopping import Stopping

stopping = Stopping()
calls = 0

def call(number, frame):
    global calls
    calls += 1
    stopping.set()
    stopping._is_set = False

signal.signal(signal.SIGALRM, call)
signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.00005)
end = time.monotonic() + 1
while time.monotonic() < end:
    stopping.wait(0.00002)
signal.setitimer(signal.ITIMER_REAL, 0)
print("alive", calls > 100)
"""

TOLD = """
import os, signal
from app.stopping import Stopping

stopping = Stopping.on_signals()
os.kill(os.getpid(), signal.SIGTERM)
stopping.wait(60)
print("stopped", stopping.is_set())
"""


def run(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    ).stdout


def test_a_signal_in_the_middle_of_a_rest_never_hangs_the_process() -> None:
    assert run(RAINED_ON) == "alive True\n"


def test_a_signal_ends_the_rest_at_once() -> None:
    assert run(TOLD) == "stopped True\n"
