"""How long a second `make run` takes until it is ready.

    python -m bench.start [--rounds 5]

The first start, which makes the database and the demo, is only told; the bar is for all that follow on the same data.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from bench.bars import Bar, report
from bench.site import PROJECT, free_port

LIMIT_SECONDS = 10
PATIENCE_SECONDS = 120
STOP_SECONDS = 30


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    # What was started lives in a session of its own: it would outlive us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as folder:
        # As root PostgreSQL runs as somebody else, who has to get in: as in a checkout under /home or /srv.
        Path(folder).chmod(0o711)
        environment = dict(os.environ) | {"DATA_DIR": f"{folder}/data", "IDENTITY_PORT": str(free_port())}
        first = start_once(environment)
        later = [start_once(environment) for _ in range(arguments.rounds)]
    words = f"the slowest {max(later):.1f}; the very first start took {first:.1f}"
    return report([Bar("seconds until a second start is ready", statistics.median(later), LIMIT_SECONDS, words)])


def start_once(environment: dict[str, str]) -> float:
    """Seconds from the command to the first good answer of /readyz; all of it has ended afterwards."""
    port = free_port()
    begin = time.monotonic()
    process = subprocess.Popen(
        ["make", "--no-print-directory", "run"],
        cwd=PROJECT,
        env=environment | {"PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        while not _is_ready(port):
            if process.poll() is not None or time.monotonic() - begin > PATIENCE_SECONDS:
                os.killpg(process.pid, signal.SIGINT)
                raise RuntimeError(f"`make run` did not become ready:\n{process.communicate()[0]}")
            time.sleep(0.02)
        return time.monotonic() - begin
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)  # Ctrl-C
            process.communicate(timeout=STOP_SECONDS)


def _is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return True
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main())
