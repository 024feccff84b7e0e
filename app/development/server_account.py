"""The account that PostgreSQL runs as when we are root, and what that account can reach.

PostgreSQL refuses to run as root. Its data, its programs and its socket must then lie where another account can reach
them, and a checkout in `/root` is no such place. We never open a folder of the developer's to get there.
"""

import os
import pwd
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from app.development.errors import ServerError

# `postgres` is there where a PostgreSQL package was ever installed, `nobody` everywhere.
_CANDIDATES = ("postgres", "nobody")


class RunAs(TypedDict, total=False):
    """Arguments of `subprocess.Popen`; none of them means "as we are"."""

    user: int
    group: int
    extra_groups: Iterable[int]


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """An unprivileged account of this machine."""

    name: str
    uid: int
    gid: int

    @property
    def run_as(self) -> RunAs:
        return RunAs(user=self.uid, group=self.gid, extra_groups=[])

    def can_enter(self, path: Path) -> bool:
        """Whether the account may go into a folder, or run a program.

        Asked of the kernel, not computed from mode bits: access lists and mount options count too.
        """
        probe = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
        answer = subprocess.run(probe, cwd="/", check=False, stderr=subprocess.DEVNULL, **self.run_as)
        return answer.returncode == 0


def find_server_account(cluster: Path) -> ServerAccount | None:
    """The account to run PostgreSQL as; None when we are not root and it can be our own.

    An existing cluster belongs to its owner for good, whichever accounts have appeared since.

    Raises:
        ServerError: we are root and there is no other account.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists() and cluster.stat().st_uid != 0:
        return _account(pwd.getpwuid(cluster.stat().st_uid))
    for name in _CANDIDATES:
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    raise ServerError(
        f"PostgreSQL cannot run as root, and there is no account {' or '.join(_CANDIDATES)} to run it as."
    )


def _account(entry: pwd.struct_passwd) -> ServerAccount:
    return ServerAccount(entry.pw_name, entry.pw_uid, entry.pw_gid)
