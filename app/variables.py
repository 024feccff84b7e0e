"""Variables of the environment, read one by one into typed values; what is wrong with each is remembered."""

import base64
import binascii
import re
from collections.abc import Mapping
from email.utils import parseaddr
from enum import StrEnum
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

_POSTGRESQL_SCHEMES = ("postgres", "postgresql", "postgresql+psycopg")
_REDIS_SCHEMES = ("redis", "rediss", "unix")
_SHORTEST_SIGNING_KEY = 16
_DNS_LABELS = re.compile("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")

_Choice = TypeVar("_Choice", bound=StrEnum)


class Variables:
    """The environment of a process. What is wrong with a variable goes to `faults`, and its default stands in for it.

    An empty variable counts as not set.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self._environ.get(name, "").strip() or default

    def choice(self, name: str, choices: type[_Choice], default: _Choice) -> _Choice:
        value = self.text(name, default)
        try:
            return choices(value.lower())
        except ValueError:
            self.faults.append(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
            return default

    def switch(self, name: str) -> bool:
        value = self.text(name, "0").lower()
        if value not in {"0", "1", "true", "false", "yes", "no", "on", "off"}:
            self.faults.append(f"{name} must be 1 or 0, not {value!r}.")
        return value in {"1", "true", "yes", "on"}

    def whole_number(self, name: str, default: int, *, at_least: int, at_most: int) -> int:
        value = self.text(name, str(default))
        # int() alone would also take "8_000", "+80" and digits of other scripts.
        if not (value.isascii() and value.isdigit() and len(value) <= 9 and at_least <= int(value) <= at_most):
            self.faults.append(f"{name} must be a whole number from {at_least} to {at_most}, not {value!r}.")
            return default
        return int(value)

    def rate(self, name: str, default: float) -> float:
        value = self.text(name, str(default))
        try:
            rate = float(value)
        except ValueError:
            rate = 0
        if not 0.01 <= rate <= 10_000:  # nan and inf are not in there either
            self.faults.append(f"{name} must be a number above 0, not {value!r}.")
            return default
        return rate

    def address(self, name: str, default: str) -> str:
        """An http(s) address of a host: nothing may follow the port but one slash, which is dropped."""
        value = self.text(name, default).rstrip("/")
        try:
            parts = urlsplit(value)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port that is none, a broken IPv6 address
            usable = False
        if not usable or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
            self.faults.append(f"{name} must be like https://status.example.com, without path or password.")
            return default
        return value

    def database(self, name: str, *, required: bool = False) -> str | None:
        value = self.text(name)
        if not value:
            if required:
                self.faults.append(f"{name} is not set. (`make run` and `make shell` set it for development.)")
            return None
        scheme, _, rest = value.partition("://")
        try:
            url = make_url(f"postgresql+psycopg://{rest}")
            if scheme not in _POSTGRESQL_SCHEMES or not url.database:
                raise ArgumentError
            return url.render_as_string(hide_password=False)
        except (ArgumentError, ValueError):
            # The value holds a password: it is not repeated.
            self.faults.append(f"{name} must be like postgresql://user:password@host:5432/upfront.")
            return None

    def redis(self, name: str) -> str:
        value = self.text(name)
        if not value:
            self.faults.append(f"{name} is not set. (`make run` and `make shell` set it for development.)")
        elif value.partition("://")[0] not in _REDIS_SCHEMES or not value.partition("://")[2]:
            self.faults.append(f"{name} must be like redis://host:6379/0, rediss:// or unix:///path/to/socket.")
        return value

    def smtp(self, name: str) -> str:
        value = self.text(name)
        try:
            parts = urlsplit(value)
            usable = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if value and not usable:
            self.faults.append(f"{name} must be like smtp://user:password@host:587 or smtps://host:465.")
        return value

    def signing_secrets(self, name: str) -> tuple[bytes, ...]:
        """The keys behind `whsec_` and base64, several with spaces or commas between them."""
        keys = []
        for secret in self.text(name).replace(",", " ").split():
            try:
                key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
            except binascii.Error:
                key = b""
            if not secret.startswith("whsec_") or len(key) < _SHORTEST_SIGNING_KEY:
                # The value is a secret: it is not repeated.
                self.faults.append(f"{name} must be like whsec_ and base64, as the provider shows it.")
                return ()
            keys.append(key)
        return tuple(keys)

    def dns_labels(self, name: str, default: str) -> tuple[str, ...]:
        labels = tuple(self.text(name, default).lower().replace(",", " ").split())
        if not all(_DNS_LABELS.fullmatch(label) for label in labels):
            self.faults.append(f"{name} must be names like resend or mail1, with commas between them.")
            return (default,)
        return labels

    def resolver(self, name: str) -> str:
        """`host:port` with a numeric host; the port may be left out."""
        value = self.text(name)
        if not value:
            return ""
        try:
            parts = urlsplit(f"//{value}")
            return f"{ip_address(parts.hostname or '')}:{parts.port or 53}"
        except ValueError:
            self.faults.append(f"{name} must be like 192.0.2.1 or 192.0.2.1:53, not {value!r}.")
            return ""

    def mailbox(self, name: str, default: str) -> str:
        value = self.text(name, default)
        address = parseaddr(value)[1]
        if value and ("@" not in address or any(character in value for character in "\r\n")):
            self.faults.append(f"{name} must be like Example Status <status@example.com>, not {value!r}.")
        return value
