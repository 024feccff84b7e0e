"""Every setting, typed, with its default, read from the environment once and checked as a whole.

`Settings.from_environment` finds all faults before it complains: whoever sets up a server reads one list, not one
fault per start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from app.variables import Variables

GOOGLE_ISSUER = "https://accounts.google.com"

_DEVELOPMENT_SECRET_KEY = "known-to-everybody-and-refused-in-production"
_SHORTEST_SECRET_KEY = 32
_FEWEST_DIFFERENT_CHARACTERS = 8


class Environment(StrEnum):
    """Which rules hold: production refuses everything that is there for developers."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"
    TESTING = "testing"


class MailTransport(StrEnum):
    """How mails leave; `outbox` keeps them for a developer to read."""

    RESEND = "resend"
    SMTP = "smtp"
    OUTBOX = "outbox"


class SettingsError(ValueError):
    """The application must not start; the message lists every fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(["Upfront cannot start with these settings:", *(f"- {fault}" for fault in faults)]))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long anything may wait. Nobody needs to tune them, so no variable sets them."""

    connect_seconds: int = 3
    web_statement_seconds: int = 5
    worker_statement_seconds: int = 30
    lock_seconds: int = 3
    idle_in_transaction_seconds: int = 10
    redis_seconds: float = 1
    provider_seconds: float = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """What one web process bears of live connections."""

    per_address: int = 50
    per_page: int = 10_000
    ping_seconds: int = 25
    """Shorter than the minute after which many proxies drop a silent connection."""
    idle_seconds: int = 75
    """A peer that answers no ping for so long is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a process of Upfront needs to know of the world."""

    environment: Environment = Environment.DEVELOPMENT
    secret_key: str = field(default=_DEVELOPMENT_SECRET_KEY, repr=False)
    base_url: str = "http://localhost:8000"
    """Scheme, host and port under which people reach us; no slash at the end."""
    host: str = "127.0.0.1"
    port: int = 8000
    trusted_proxy_hops: int = 0
    """How many proxies of ours stand in front; only what they add to X-Forwarded-For is believed."""

    google_client_id: str = "upfront-development"
    google_client_secret: str = field(default="upfront-development", repr=False)
    oidc_issuer: str = GOOGLE_ISSUER

    database_url: str = field(repr=False)
    """The application's login: it owns nothing and obeys row-level security."""
    database_owner_url: str | None = field(default=None, repr=False)
    """For migrations only; web and worker processes run without it."""
    database_pool_size: int = 10
    """Connections that a process keeps; under load it may open as many again."""
    redis_url: str = field(repr=False)

    worker_processes: int = 3
    """While one waits for its turn at the provider, another makes the next batch ready, a third fans out."""

    mail_transport: MailTransport = MailTransport.OUTBOX
    mail_from: str = "Upfront <status@localhost>"
    outbox_folder: str = ".data/outbox"
    """Where the outbox keeps mails; web and worker both see it."""
    resend_api_key: str = field(default="", repr=False)
    resend_api_url: str = "https://api.resend.com"
    resend_requests_per_second: float = 5
    """Resend's limit for a team unless it raised yours; shared by all workers."""
    smtp_url: str = field(default="", repr=False)
    """`smtp://user:password@host:587` (STARTTLS where offered) or `smtps://...:465`."""

    resend_webhook_secrets: tuple[bytes, ...] = field(default=(), repr=False)
    """What Resend signs its reports with; several while one is being changed. Without one, no report is taken."""
    mail_dkim_selectors: tuple[str, ...] = ("resend",)
    """Under which names the public keys are published that our mails are signed with."""
    dns_resolver: str = ""
    """Address and port of the resolver that is asked about domains; empty for the system's own."""

    push_services: tuple[str, ...] = ()
    """Origins that count as push services besides those of the browsers; only tests have any."""

    echo_socket: bool = False
    """Offers `/_echo` for a WebSocket conformance suite."""
    sockets: SocketLimits = SocketLimits()
    timeouts: Timeouts = Timeouts()

    @property
    def in_production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @property
    def is_https(self) -> bool:
        """Whether people reach us encrypted; decides about `Secure` and `__Host-` cookies."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read and check everything.

        Raises:
            SettingsError: with all faults, each beginning with the variable's name; no secret's value is in it.
        """
        variables = Variables(environ)
        environment = variables.choice("APP_ENV", Environment, Environment.DEVELOPMENT)
        production = environment is Environment.PRODUCTION
        transport = variables.choice("MAIL_TRANSPORT", MailTransport, MailTransport.OUTBOX)
        port = variables.whole_number("PORT", 8000, at_least=1, at_most=65_535)
        settings = cls(
            environment=environment,
            secret_key=variables.text("SECRET_KEY", _DEVELOPMENT_SECRET_KEY),
            base_url=variables.address("BASE_URL", f"http://localhost:{port}"),
            host=variables.text("HOST", "127.0.0.1"),
            port=port,
            trusted_proxy_hops=variables.whole_number("TRUSTED_PROXY_HOPS", 0, at_least=0, at_most=10),
            google_client_id=variables.text("GOOGLE_CLIENT_ID", "" if production else "upfront-development"),
            google_client_secret=variables.text("GOOGLE_CLIENT_SECRET", "" if production else "upfront-development"),
            oidc_issuer=variables.address("OIDC_ISSUER", GOOGLE_ISSUER),
            database_url=variables.database("DATABASE_URL", required=True) or "",
            database_owner_url=variables.database("DATABASE_OWNER_URL"),
            database_pool_size=variables.whole_number("DATABASE_POOL_SIZE", 10, at_least=1, at_most=500),
            redis_url=variables.redis("REDIS_URL"),
            worker_processes=variables.whole_number("WORKER_PROCESSES", 3, at_least=1, at_most=64),
            mail_transport=transport,
            outbox_folder=f"{variables.text('DATA_DIR', '.data')}/outbox",
            mail_from=variables.mailbox("MAIL_FROM", "" if production else "Upfront <status@localhost>"),
            resend_api_key=variables.text("RESEND_API_KEY"),
            resend_api_url=variables.address("RESEND_API_URL", "https://api.resend.com"),
            resend_requests_per_second=variables.rate("RESEND_REQUESTS_PER_SECOND", 5),
            smtp_url=variables.smtp("SMTP_URL"),
            resend_webhook_secrets=variables.signing_secrets("RESEND_WEBHOOK_SECRET"),
            mail_dkim_selectors=variables.dns_labels("MAIL_DKIM_SELECTORS", "resend"),
            dns_resolver=variables.resolver("DNS_RESOLVER"),
            echo_socket=variables.switch("ECHO_SOCKET"),
            sockets=SocketLimits(
                per_address=variables.whole_number("SOCKETS_PER_ADDRESS", 50, at_least=1, at_most=100_000),
                per_page=variables.whole_number("SOCKETS_PER_PAGE", 10_000, at_least=1, at_most=1_000_000),
                ping_seconds=variables.whole_number("SOCKET_PING_SECONDS", 25, at_least=1, at_most=600),
                idle_seconds=variables.whole_number("SOCKET_IDLE_SECONDS", 75, at_least=2, at_most=3600),
            ),
        )
        faults = [*variables.faults, *_contradictions(settings)]
        if production:
            # A value that could not be read was replaced by the default, which would be blamed a second time.
            blamed = {fault.split()[0] for fault in faults}
            faults += [fault for fault in _production_faults(settings) if fault.split()[0] not in blamed]
        if faults:
            raise SettingsError(faults)
        return settings


def _contradictions(settings: Settings) -> list[str]:
    """What is wrong in every environment, seen over more than one variable."""
    faults = []
    if settings.mail_transport is MailTransport.RESEND and not settings.resend_api_key:
        faults.append("RESEND_API_KEY is not set, and MAIL_TRANSPORT=resend needs it.")
    if settings.mail_transport is MailTransport.SMTP and not settings.smtp_url:
        faults.append("SMTP_URL is not set, and MAIL_TRANSPORT=smtp needs it.")
    if settings.sockets.idle_seconds <= settings.sockets.ping_seconds:
        faults.append("SOCKET_IDLE_SECONDS must be longer than SOCKET_PING_SECONDS.")
    if settings.is_https and not settings.in_production and settings.secret_key == _DEVELOPMENT_SECRET_KEY:
        # Most likely a server whose APP_ENV was forgotten: every subscriber's link could be made from the known key.
        faults.append("SECRET_KEY is the one for development, and BASE_URL is public. Is APP_ENV=production missing?")
    return faults


def _production_faults(settings: Settings) -> list[str]:
    """What is fine on a developer's machine and dangerous anywhere else."""
    key = settings.secret_key
    checks = {
        "SECRET_KEY is not set, or is the one for development.": key == _DEVELOPMENT_SECRET_KEY,
        f"SECRET_KEY must have at least {_SHORTEST_SECRET_KEY} characters.": len(key) < _SHORTEST_SECRET_KEY,
        "SECRET_KEY is too simple to be random.": len(set(key)) < _FEWEST_DIFFERENT_CHARACTERS,
        "BASE_URL must begin with https://.": not settings.is_https,
        "GOOGLE_CLIENT_ID is not set.": not settings.google_client_id,
        "GOOGLE_CLIENT_SECRET is not set.": not settings.google_client_secret,
        f"OIDC_ISSUER must be {GOOGLE_ISSUER}.": settings.oidc_issuer != GOOGLE_ISSUER,
        "MAIL_TRANSPORT must be resend or smtp: the outbox is for development.": (
            settings.mail_transport is MailTransport.OUTBOX
        ),
        "MAIL_FROM is not set.": not settings.mail_from,
        "RESEND_API_URL must begin with https://.": not settings.resend_api_url.startswith("https://"),
        "ECHO_SOCKET is for conformance tests only.": settings.echo_socket,
    }
    return [fault for fault, found in checks.items() if found]
