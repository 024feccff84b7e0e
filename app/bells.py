"""Ringing: telling workers through RQ that there is something to do. What it is stands in PostgreSQL.

A lost bell loses nothing (the clock rings again for what is still undone), so Redis being away is logged and borne.
"""

from uuid import UUID

import structlog
from flask import current_app
from redis import RedisError
from rq import Queue

log = structlog.get_logger(__name__)

CHORES = "chores"
"""Workers look here last: nobody waits in front of a page for it, and no mail does."""

FAILED_JOB_SECONDS = 24 * 3600
"""For so long RQ keeps a job that failed, for whoever looks into it."""


def ring(queue: str, job: str, *arguments: UUID | str, timeout_seconds: int, times: int = 1) -> bool:
    """Have workers do something; says whether the bell was heard.

    Args:
        queue: which workers look at in the order that `worker.py` says.
        job: the full name of a function, which may run twice without harm.
        arguments: what it gets, as text.
        timeout_seconds: after which it is ended.
        times: how many workers are to answer at most.
    """
    called = Queue.prepare_data(
        job,
        args=tuple(str(one) for one in arguments),
        timeout=timeout_seconds,
        result_ttl=0,
        failure_ttl=FAILED_JOB_SECONDS,
        description=" ".join([job.rpartition(".")[2], *(str(one) for one in arguments)]),
    )
    try:
        _queue(queue).enqueue_many([called] * times)
    except (RedisError, OSError):
        log.warning("bell.not_heard", queue=queue, job=job, bells=times, exc_info=True)
        return False
    return True


def waiting(queue: str) -> int:
    """How many bells of a queue nobody has answered yet; none while Redis is away."""
    try:
        return int(_queue(queue).count)
    except (RedisError, OSError):
        return 0


def _queue(name: str) -> Queue:
    """Ringing never blocks, so it goes by the client that gives up after a second."""
    return Queue(name, connection=current_app.extensions["upfront.redis"])
