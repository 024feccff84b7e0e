"""A real PostgreSQL and a real Redis for a developer's machine and for the tests: nothing to install.

Both come as programs inside Python wheels, keep their data under one folder and can be reached through private Unix
sockets only. Two users of one data folder exclude each other.
"""

import fcntl
import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from app.development.errors import AlreadyRunning, ServerError
from app.development.postgres_server import PostgresServer
from app.development.redis_server import RedisServer
from app.development.server_folders import ServerFolders, prepare_folders


class EmbeddedServers:
    """PostgreSQL and Redis on one data folder, from `start()` to `stop()`, or inside a `with`.

    With `durable=False` nothing is flushed to disk and what lies outside of the data folder is removed at the end:
    for a throwaway cluster in a test.
    """

    def __init__(
        self, data_dir: Path, *, durable: bool = True, with_postgres: bool = True, with_redis: bool = True
    ) -> None:
        self._data = data_dir.resolve()
        self._durable = durable
        self._wanted = (with_postgres, with_redis)
        self._running = ExitStack()
        self._folders: ServerFolders | None = None
        self._postgres: PostgresServer | None = None
        self._redis: RedisServer | None = None

    @property
    def database_url(self) -> str:
        """The superuser's SQLAlchemy URL of the database `upfront`, which exists once started."""
        if self._postgres is None:
            raise ServerError("The embedded PostgreSQL is not running.")
        return self._postgres.url()

    @property
    def redis_url(self) -> str:
        if self._redis is None:
            raise ServerError("The embedded Redis is not running.")
        return self._redis.url

    @property
    def folders(self) -> ServerFolders:
        """Where everything lies, once started."""
        if self._folders is None:
            raise ServerError("The embedded servers are not running.")
        return self._folders

    @property
    def pids(self) -> list[int]:
        """Process ids of the servers that run."""
        servers = (self._postgres, self._redis)
        return [server.pid for server in servers if server is not None and server.pid is not None]

    def start(self) -> None:
        """Start what is wanted and return once it answers.

        Raises:
            AlreadyRunning: another process uses the data folder.
            ServerError: a server did not start; nothing is left running.
        """
        with ExitStack() as undo:
            self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
            undo.enter_context(_lock(self._data))
            with_postgres, with_redis = self._wanted
            folders = self._folders = prepare_folders(self._data, for_postgres=with_postgres)
            undo.callback(self._remove_traces, folders)
            waits: list[Callable[[], None]] = []
            # Both start at the same time; then both are waited for.
            if with_postgres:
                self._postgres = PostgresServer(folders, durable=self._durable)
                undo.callback(self._postgres.stop)
                self._postgres.start()
                waits.append(self._postgres.wait)
            if with_redis:
                self._redis = RedisServer(folders, durable=self._durable)
                undo.callback(self._redis.stop)
                self._redis.start()
                waits.append(self._redis.wait)
            for wait in waits:
                wait()
            self._running = undo.pop_all()

    def stop(self) -> None:
        """Stop both and wait for their end. Does nothing when nothing runs."""
        self._running.close()
        self._postgres = self._redis = self._folders = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _remove_traces(self, folders: ServerFolders) -> None:
        shutil.rmtree(folders.sockets, ignore_errors=True)
        if folders.database_is_outside and not self._durable:
            shutil.rmtree(folders.database_home, ignore_errors=True)


def _lock(data: Path) -> IO[str]:
    """Keep others out of the data folder for as long as the returned file is open, or we live."""
    lock = (data / "lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise AlreadyRunning(
            f"Upfront already runs on {data} (process {holder}). Stop it first, or set DATA_DIR to another folder."
        ) from None
    lock.seek(0)
    lock.truncate()
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock
