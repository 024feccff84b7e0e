"""How gunicorn serves the application. A gevent worker holds thousands of visitors; WEB_CONCURRENCY sets how many."""

# First of all lines: psycopg chooses how to wait when it is imported, and must find the patched `select`.
from gevent import monkey

monkey.patch_all()

import os  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

from app.config import Environment, Settings, SettingsError  # noqa: E402

# Asked here, in the master: a worker that cannot start would be replaced by the next one, without end.
# For the same reason new code takes a restart; SIGHUP only replaces the workers.
try:
    _settings = Settings.from_environment(os.environ)
except SettingsError as error:
    print(error, file=sys.stderr)
    sys.exit(1)

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = f"{_host}:{_settings.port}"
worker_class = "gevent"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))

# Above the number of sockets that one process may hold, with room for plain requests.
worker_connections = 12_000
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))

timeout = 30
keepalive = 5
# Shorter than the patience of what stops us: 5 s for `make run`, usually 30 s for a host.
graceful_timeout = 25 if _settings.environment is Environment.PRODUCTION else 3

# Whom to believe about the visitor's address and scheme is decided once, by TRUSTED_PROXY_HOPS.
forwarded_allow_ips = ""
accesslog = None
loglevel = "info" if _settings.environment is Environment.PRODUCTION else "warning"
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """The worker has forked and loaded the application: now it may open connections of its own."""
    import wsgi

    wsgi.start(lambda: not worker.alive)
