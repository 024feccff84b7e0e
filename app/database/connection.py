"""How the application reaches PostgreSQL: with every time-out set, so that nothing waits without end."""

from collections.abc import Mapping
from typing import Any

from app.config import Settings


def engine_options(settings: Settings, *, for_worker: bool) -> Mapping[str, Any]:
    """Options for SQLAlchemy's engine. In a worker, where nobody waits for an answer, a statement may take longer."""
    timeouts = settings.timeouts
    statement_seconds = timeouts.worker_statement_seconds if for_worker else timeouts.web_statement_seconds
    limits = {
        "statement_timeout": statement_seconds * 1000,
        "lock_timeout": timeouts.lock_seconds * 1000,
        "idle_in_transaction_session_timeout": timeouts.idle_in_transaction_seconds * 1000,
        "timezone": "UTC",
    }
    return {
        # What a failed statement was given (addresses, tokens' hashes, messages) is nothing for a log.
        "hide_parameters": True,
        "pool_pre_ping": False,
        "pool_size": settings.database_pool_size,
        "max_overflow": settings.database_pool_size,
        "pool_timeout": timeouts.connect_seconds,
        "pool_use_lifo": True,
        "connect_args": {
            "connect_timeout": timeouts.connect_seconds,
            "application_name": "upfront",
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        },
    }
