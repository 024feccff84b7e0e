"""`python -m bench.jobs`: no-op jobs per second by our `worker.py`, against the stock `rq worker` command.

Both take jobs off one queue with one process, in turns, on the same Redis. The start of the process does not count: the
clock runs from the first few jobs done to the last.
"""

import subprocess
import sys
import time
from collections.abc import Sequence

from redis import Redis
from rq import Queue

from app.delivery.bell import EVENTS
from bench.bars import Bar, median_ratio, report
from bench.site import PROJECT, Ground, ground

ROUNDS = 5
WARM_UP = 5
OURS = 150
STOCK = 30
"""Fewer, because each takes so much longer: the time measured is about the same."""


def main() -> int:
    with ground() as made:
        ours, stock = [], []
        for _ in range(ROUNDS):
            ours.append(_rate(made, [sys.executable, "worker.py"], OURS))
            rq_worker = [sys.executable, "-m", "rq.cli", "worker", "--url", made.redis_url, EVENTS]
            stock.append(_rate(made, rq_worker, STOCK))
    words = f"{max(ours):.0f} a second; rq worker {max(stock):.1f}"
    return report([Bar("no-op jobs, to the stock worker", median_ratio(ours, stock), 3, words, at_least=True)])


def _rate(made: Ground, command: Sequence[str], jobs: int) -> float:
    """Jobs per second once the worker runs."""
    redis = Redis.from_url(made.redis_url)
    queue = Queue(EVENTS, connection=redis)
    queue.enqueue_many([Queue.prepare_data("bench.noop.do_nothing", result_ttl=0) for _ in range(WARM_UP + jobs)])
    environment = made.environment(WORKER_PROCESSES="1")
    process = subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_left(redis, queue, jobs)
        began = time.perf_counter()
        _wait_until_left(redis, queue, 0)
        return jobs / (time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_left(redis: Redis, queue: Queue, jobs: int) -> None:
    """Wait until no more than `jobs` are left, those at work included."""
    while queue.count + queue.started_job_registry.get_job_count(cleanup=False) > jobs:
        time.sleep(0.002)


if __name__ == "__main__":
    sys.exit(main())
