"""As deploy/gunicorn.conf.py, without the settings of the whole application."""

from typing import Any

from gevent import monkey

monkey.patch_all()

worker_class = "gevent"
workers = 1
worker_connections = 12_000
graceful_timeout = 30  # far longer than any test waits for an end
loglevel = "warning"
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    from tests.live import application

    application.start(lambda: not worker.alive)
