"""Where the embedded servers keep things: derived from the data folder, so that the next start finds them again."""

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.development.errors import ServerError
from app.development.server_account import ServerAccount, find_server_account

# A Unix socket's path has 108 bytes with its end mark; `/postgres/.s.PGSQL.5432.lock` must still fit.
_LONGEST_SOCKET_BASE = 70
_PLACES_OUTSIDE = (Path("/var/lib"), Path("/var/tmp"))


@dataclass(frozen=True, slots=True)
class ServerFolders:
    """Every place the servers use."""

    data: Path
    database_home: Path
    """Holds `postgres/` (the cluster): the data folder, or a place outside when PostgreSQL could not reach it there."""
    sockets: Path
    account: ServerAccount | None

    @property
    def cluster(self) -> Path:
        return self.database_home / "postgres"

    @property
    def redis(self) -> Path:
        return self.data / "redis"

    @property
    def postgres_socket(self) -> Path:
        return self.sockets / "postgres"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis" / "redis.sock"

    @property
    def database_is_outside(self) -> bool:
        return self.database_home != self.data


def prepare_folders(data: Path, *, for_postgres: bool) -> ServerFolders:
    """Make the folders, private to whoever must use them. Only for PostgreSQL may that be another account.

    Raises:
        ServerError: no fitting place, or one that somebody else has taken.
    """
    account = find_server_account(data / "postgres") if for_postgres else None
    # Others may pass through, not look: PostgreSQL's account has to reach its own folder below.
    _make_private(data, mode=0o711 if account else 0o700)
    home = data if account is None or account.can_enter(data) else _home_outside(data, account)
    if home != data:
        account = find_server_account(home / "postgres")
    folders = ServerFolders(data, home, _make_socket_base(data, account), account)
    _make_private(folders.redis)
    _make_private(folders.redis_socket.parent)
    _make_private(folders.postgres_socket, owner=account)
    return folders


def _home_outside(data: Path, account: ServerAccount) -> Path:
    """A place for the cluster of a data folder that PostgreSQL's account cannot enter."""
    if (data / "postgres").exists():
        raise ServerError(
            f"The account {account.name} can no longer reach {data / 'postgres'}: "
            "a folder above it was closed since the database was made. Open it again, or move the database away."
        )
    homes = [place / f"upfront-{_fingerprint(data)}" for place in _PLACES_OUTSIDE]
    for home in sorted(homes, key=lambda home: not home.exists()):
        if home.parent.is_dir() and os.access(home.parent, os.W_OK) and account.can_enter(home.parent):
            _make_private(home, mode=0o711)
            return home
    raise ServerError(
        f"PostgreSQL runs as {account.name}, who cannot enter {data}, and none of "
        f"{', '.join(map(str, _PLACES_OUTSIDE))} can be used instead. Set DATA_DIR to a folder this account can reach."
    )


def _make_socket_base(data: Path, account: ServerAccount | None) -> Path:
    name = f"upfront-{os.geteuid()}-{_fingerprint(data)}"
    for place in (Path(tempfile.gettempdir()), Path("/tmp")):
        base = place / name
        plain = not set(str(base)) & set(" ,\"'\\")  # PostgreSQL reads a list of folders
        if plain and len(os.fsencode(base)) <= _LONGEST_SOCKET_BASE and (account is None or account.can_enter(place)):
            _make_private(base, mode=0o711 if account else 0o700)
            return base
    raise ServerError("No short temporary folder for the servers' sockets; unset TMPDIR.")


def _fingerprint(data: Path) -> str:
    return hashlib.sha256(os.fsencode(data)).hexdigest()[:12]


def _make_private(folder: Path, *, mode: int = 0o700, owner: ServerAccount | None = None) -> None:
    """Make `folder` ours (or `owner`'s) with `mode`; one that is there must be so already, or be ours to set right."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        found = folder.lstat()
        # Somebody else could have put a folder or link of theirs under this name in a shared temporary folder.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), owner.uid if owner else os.geteuid()}:
            raise ServerError(f"{folder} is there but is not our folder; remove it and start again.") from None
    if owner:
        os.chown(folder, owner.uid, owner.gid)
    folder.chmod(mode)
