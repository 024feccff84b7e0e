"""The worker process type: RQ workers that fork a child for each job, with everything imported before the fork.

`rq worker` would import the application again in every child; here a child starts with it (`bench/jobs.py` compares).
The process started is a small supervisor: it starts WORKER_PROCESSES workers, another one when one ends, and on SIGTERM
or Ctrl-C lets each finish its job. Nothing is asked of the database before the fork, so no connection is shared.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess

import structlog
from flask import Flask
from redis import RedisError
from rq import Queue, Worker

from app import create_app
from app.bells import CHORES
from app.closing import jobs as closing_jobs  # noqa: F401
from app.config import Settings, SettingsError
from app.delivery import jobs  # noqa: F401 -- imported before the fork, so that no child has to
from app.delivery.bell import QUEUES
from app.domains import jobs as domain_jobs  # noqa: F401
from app.services.rollups import jobs as rollup_jobs  # noqa: F401
from app.stopping import STOP_SIGNALS, Stopping
from app.subscribers.errands import jobs as errand_jobs  # noqa: F401
from app.subscribers.imports import jobs as import_jobs  # noqa: F401
from app.teams import jobs as team_jobs  # noqa: F401
from app.teams.bell import ACCEPTANCES

log = structlog.get_logger("worker")

MAINTENANCE_SECONDS = 30
"""RQ notices jobs of dead workers by these rounds; its default is ten minutes."""

RESTART_SECONDS = 1.0

REDIS_BACK_SECONDS = 5.0
"""At most so long after Redis came back a worker notices; RQ's default is a minute."""


def work(app: Flask) -> None:
    """Answer bells until told to stop."""
    with app.app_context():
        connection = app.extensions["upfront.rq_redis"]
        try:
            worker = Worker(
                [Queue(name, connection=connection) for name in (ACCEPTANCES, *QUEUES, CHORES)],
                connection=connection,
                job_monitoring_interval=MAINTENANCE_SECONDS,
                maintenance_interval=MAINTENANCE_SECONDS,
                log_job_description=False,
            )
        except RedisError as error:
            log.warning("worker.redis_away", error=str(error))
            return
        worker.max_connection_wait_time = REDIS_BACK_SECONDS
        worker.work(logging_level="WARNING")


def supervise(task: Callable[[], None], *, processes: int) -> None:
    """Keep `processes` children at `task` until SIGTERM or SIGINT, then wait until each has finished its job."""
    stopping = Stopping.on_signals()
    running: list[BaseProcess] = []
    while not stopping.is_set():
        running = [process for process in running if process.is_alive()]
        running += [_fork(task) for _ in range(processes - len(running))]
        stopping.wait(RESTART_SECONDS)
    for process in running:
        if process.is_alive():
            process.terminate()
    for process in running:
        process.join()


def _fork(task: Callable[[], None]) -> BaseProcess:
    """Start a child. A signal that comes before it is itself waits: the inherited handler would swallow it."""
    process = multiprocessing.get_context("fork").Process(target=_become, args=(task,))
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    return process


def _become(task: Callable[[], None]) -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    task()


def main() -> None:
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    app = create_app(settings, for_worker=True)
    supervise(lambda: work(app), processes=settings.worker_processes)


if __name__ == "__main__":
    main()
