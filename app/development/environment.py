"""What the processes of `make run` are told: what the developer set, and for the rest what fits a developer's machine.

Whatever has to be the same at the next start (keys, passwords, the provider's port) is kept in the data folder.
"""

import os
import secrets
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.config import Environment
from app.database.roles import APPLICATION_ROLE
from app.development.errors import SetupError
from app.development.people import HOST as IDENTITY_HOST
from app.development.people import issuer

Environ = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the developer decided by variables, before anything is started."""

    given: Environ
    host: str
    port: int
    data: Path

    @property
    def needs_postgres(self) -> bool:
        return not self.given.get("DATABASE_URL")

    @property
    def needs_redis(self) -> bool:
        return not self.given.get("REDIS_URL")

    @property
    def signs_in_locally(self) -> bool:
        """Unless the developer named a provider or brought Google's credentials."""
        return not (self.given.get("OIDC_ISSUER") or self.given.get("GOOGLE_CLIENT_ID"))

    @property
    def keeps_mail(self) -> bool:
        """Unless the developer wants it sent."""
        return self.given.get("MAIL_TRANSPORT", "outbox") == "outbox"

    @property
    def base_url(self) -> str:
        return self.given.get("BASE_URL") or f"http://localhost:{self.port}"


def read_choices(given: Environ, project: Path) -> Choices:
    """Read the few variables that the runner itself follows.

    Raises:
        SetupError: one of them makes no sense, or this is production.
    """
    if given.get("APP_ENV", Environment.DEVELOPMENT) != Environment.DEVELOPMENT:
        raise SetupError(
            f"APP_ENV is {given['APP_ENV']!r}: `make run` is for development. Elsewhere start the Procfile's processes."
        )
    port = given.get("PORT") or "8000"
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65_535):
        raise SetupError(f"PORT must be a number from 1 to 65535, not {port!r}.")
    data = (project / (given.get("DATA_DIR") or ".data")).resolve()
    return Choices(given, given.get("HOST") or "127.0.0.1", int(port), data)


def check_port(host: str, port: int, *, hint: str) -> None:
    """Make sure that we can listen there.

    Raises:
        SetupError: we cannot, and why.
    """
    if not _is_free(host, port):
        raise SetupError(f"Port {port} on {host} is taken. {hint}")


def identity_port(choices: Choices) -> int:
    """The local provider's port: chosen once, since accounts are tied to its address."""
    if chosen := choices.given.get("IDENTITY_PORT"):
        if not (chosen.isascii() and chosen.isdigit() and len(chosen) <= 5 and 1 <= int(chosen) <= 65_535):
            raise SetupError(f"IDENTITY_PORT must be a number from 1 to 65535, not {chosen!r}.")
        return int(chosen)
    return int(keep(choices.data / "identity-port", lambda: str(_free_port(choices.port + 1))))


def owner_environment(choices: Choices, *, database_url: str, redis_url: str, identity_port: int) -> dict[str, str]:
    """Everything, and the owner's login, which only migrations get.

    Args:
        database_url: the owner's, or the application's when the developer gave both.
        redis_url: the one to use.
        identity_port: where the local provider is to listen.

    Raises:
        SetupError: the database's URL cannot be read.
    """
    defaults = {
        "APP_ENV": Environment.DEVELOPMENT,
        "HOST": choices.host,
        "PORT": str(choices.port),
        "BASE_URL": choices.base_url,
        "SECRET_KEY": keep(choices.data / "secret-key", lambda: secrets.token_urlsafe(48)),
        "MAIL_TRANSPORT": "outbox",
        "PYTHONUNBUFFERED": "1",
    }
    if choices.signs_in_locally:
        defaults |= {"OIDC_ISSUER": issuer(identity_port), "IDENTITY_PORT": str(identity_port)}
    environment = defaults | {name: value for name, value in choices.given.items() if value}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), choices.given.get("PATH", os.defpath)])
    environment["REDIS_URL"] = redis_url
    if owner_url := choices.given.get("DATABASE_OWNER_URL"):
        return environment | {"DATABASE_URL": database_url, "DATABASE_OWNER_URL": owner_url}
    application_url = _application_url(database_url, choices)
    return environment | {"DATABASE_URL": application_url, "DATABASE_OWNER_URL": database_url}


def process_environment(owner: Environ) -> dict[str, str]:
    """What web, worker and clock get: without the owner's login."""
    return {name: value for name, value in owner.items() if name != "DATABASE_OWNER_URL"}


def keep(file: Path, make: Callable[[], str]) -> str:
    """A value that only we may read and that stays the same from start to start."""
    if not file.exists():
        write_private(file, make())
    return file.read_text(encoding="ascii")


def write_private(file: Path, text: str) -> None:
    """Write a file that only we may read, whole or not at all."""
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as new:
        new.write(text)
    unfinished.replace(file)


def _application_url(owner_url: str, choices: Choices) -> str:
    """The application's login at the owner's server. Behind our private socket it needs no password."""
    try:
        url = make_url(owner_url)
    except ArgumentError:
        raise SetupError("DATABASE_URL must be like postgresql://user:password@host:5432/upfront.") from None
    password = None
    if not choices.needs_postgres:
        password = keep(choices.data / "application-password", lambda: secrets.token_urlsafe(24))
    return url.set(username=APPLICATION_ROLE, password=password).render_as_string(hide_password=False)


def _free_port(wanted: int) -> int:
    """`wanted` when nobody listens there, else one that the system chooses."""
    if wanted <= 65_535 and _is_free(IDENTITY_HOST, wanted):
        return wanted
    with closing(socket.create_server((IDENTITY_HOST, 0))) as server:
        return int(server.getsockname()[1])


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError:
        return False
    return True
