"""A whole product for a benchmark: throwaway servers, a migrated database, and one web process as in production."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from app import create_app
from app.config import Settings
from app.database.roles import APPLICATION_ROLE, create_roles
from app.development.embedded import EmbeddedServers

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Ground:
    """Servers and a migrated, empty database."""

    owner_url: str
    database_url: str
    redis_url: str

    def environment(self, **more: str) -> dict[str, str]:
        """For a process of the product."""
        return dict(os.environ) | {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "SOCKETS_PER_ADDRESS": "20000",
            "PYTHONPATH": str(PROJECT),
            **more,
        }

    def application(self, **more: str) -> Flask:
        return create_app(Settings.from_environment(self.environment(**more)))


@contextmanager
def ground() -> Iterator[Ground]:
    """Start the servers and migrate; everything is gone at the end."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedServers(Path(folder), durable=False) as servers:
        owner_url = servers.database_url
        engine = create_engine(owner_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as owner:
            create_roles(owner, password=None)
        login = make_url(owner_url).set(username=APPLICATION_ROLE).render_as_string(hide_password=False)
        made = Ground(owner_url, login, servers.redis_url)
        with made.application(DATABASE_OWNER_URL=owner_url).app_context():
            upgrade(directory=str(PROJECT / "migrations"))
        yield made


@contextmanager
def web(made: Ground, application: str = "wsgi:application", **environment: str) -> Iterator[tuple[int, int]]:
    """One gevent worker under gunicorn; gives its port and the worker's process id."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", application],
        cwd=PROJECT,
        env=made.environment(PORT=str(port), BASE_URL=f"http://localhost:{port}", **environment),
    )
    try:
        _wait_until_ready(port)
        yield port, _worker_of(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(port: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _worker_of(master: int) -> int:
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return int(children[0])
