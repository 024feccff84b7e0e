"""The settings: what is read, what is refused, and that everything wrong is said at once."""

from collections.abc import Mapping

import pytest

from app.config import GOOGLE_ISSUER, Environment, MailTransport, Settings, SettingsError

DEVELOPMENT = {
    "DATABASE_URL": "postgresql://upfront_app@localhost/upfront",
    "REDIS_URL": "redis://localhost:6379/0",
}
PRODUCTION = DEVELOPMENT | {
    "APP_ENV": "production",
    "SECRET_KEY": "3f9c1b7ad2e84560b1c8f7e2a94d6c05",
    "BASE_URL": "https://status.example.com",
    "GOOGLE_CLIENT_ID": "123.apps.googleusercontent.com",
    "GOOGLE_CLIENT_SECRET": "GOCSPX-secret",
    "MAIL_TRANSPORT": "resend",
    "MAIL_FROM": "Example Status <status@example.com>",
    "RESEND_API_KEY": "re_123",
}


def test_a_developer_needs_no_setting_but_the_two_servers() -> None:
    settings = Settings.from_environment(DEVELOPMENT)

    assert settings.environment is Environment.DEVELOPMENT
    assert settings.base_url == "http://localhost:8000"
    assert settings.mail_transport is MailTransport.OUTBOX
    assert settings.host == "127.0.0.1"


def test_complete_production_settings_are_accepted() -> None:
    settings = Settings.from_environment(PRODUCTION)

    assert settings.in_production
    assert settings.is_https
    assert settings.oidc_issuer == GOOGLE_ISSUER


def test_all_faults_of_production_are_named_at_once() -> None:
    faults = faults_of({"APP_ENV": "production"})

    named = {fault.split()[0] for fault in faults}
    assert named == {
        "SECRET_KEY",
        "BASE_URL",
        "GOOGLE_CLIENT_ID",
        "GOOGLE_CLIENT_SECRET",
        "DATABASE_URL",
        "REDIS_URL",
        "MAIL_TRANSPORT",
        "MAIL_FROM",
    }


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is not set"),
        ("SECRET_KEY", "known-to-everybody-and-refused-in-production", "SECRET_KEY is not set"),
        ("SECRET_KEY", "3f9c1b7ad2e84560b1c8f7e2a94d6c0", "at least 32 characters"),
        ("SECRET_KEY", "changeme" * 5, "too simple"),
        ("BASE_URL", "http://status.example.com", "BASE_URL must begin with https://"),
        ("BASE_URL", "https://status.example.com/upfront", "BASE_URL must be like"),
        ("BASE_URL", "https://someone:secret@status.example.com", "BASE_URL must be like"),
        ("OIDC_ISSUER", "http://127.0.0.1:8001", "OIDC_ISSUER must be https://accounts.google.com"),
        ("MAIL_TRANSPORT", "outbox", "the outbox is for development"),
        ("MAIL_FROM", "Example Status", "MAIL_FROM must be like"),
        ("RESEND_API_KEY", "", "RESEND_API_KEY is not set"),
        ("RESEND_API_URL", "http://127.0.0.1:9000", "RESEND_API_URL must begin with https://"),
        ("ECHO_SOCKET", "1", "ECHO_SOCKET is for conformance tests only"),
    ],
)
def test_production_refuses(name: str, value: str, fault: str) -> None:
    faults = faults_of(PRODUCTION | {name: value})

    assert len(faults) == 1
    assert fault in faults[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_ENV", "staging"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "8_000"),
        ("PORT", "٨٠٠٠"),
        ("TRUSTED_PROXY_HOPS", "-1"),
        ("ECHO_SOCKET", "maybe"),
        ("RESEND_REQUESTS_PER_SECOND", "nan"),
        ("RESEND_REQUESTS_PER_SECOND", "0"),
        ("DATABASE_URL", "mysql://localhost/upfront"),
        ("DATABASE_URL", "postgresql"),
        ("DATABASE_OWNER_URL", "postgresql://owner@host:port/upfront"),
        ("REDIS_URL", "localhost:6379"),
        ("SMTP_URL", "mail.example.com:587"),
        ("MAIL_FROM", "Status\r\nBcc: everybody@example.com"),
        ("BASE_URL", "ftp://localhost"),
        ("BASE_URL", "https://localhost:99999"),
        ("RESEND_WEBHOOK_SECRET", "c2VjcmV0IHdpdGhvdXQgYSBwcmVmaXg="),
        ("RESEND_WEBHOOK_SECRET", "whsec_c2hvcnQ="),
        ("RESEND_WEBHOOK_SECRET", "whsec_!!!!"),
        ("MAIL_DKIM_SELECTORS", "resend, _x y"),
        ("DNS_RESOLVER", "resolver.example.com"),
        ("DNS_RESOLVER", "127.0.0.1:port"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_in_every_environment(name: str, value: str) -> None:
    faults = faults_of(DEVELOPMENT | {name: value})

    assert len(faults) == 1
    assert faults[0].startswith(name)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_spelling_of_a_database_url_is_taken(scheme: str) -> None:
    settings = Settings.from_environment(DEVELOPMENT | {"DATABASE_URL": f"{scheme}://app:pass%2Fword@db:5432/upfront"})

    assert settings.database_url == "postgresql+psycopg://app:pass%2Fword@db:5432/upfront"


def test_a_database_behind_a_unix_socket_keeps_its_folder() -> None:
    settings = Settings.from_environment(DEVELOPMENT | {"DATABASE_URL": "postgresql://app@/upfront?host=/run/pg"})

    assert "host=" in settings.database_url
    assert settings.database_url.endswith(("/run/pg", "%2Frun%2Fpg"))


def test_a_slash_after_the_base_url_is_dropped() -> None:
    settings = Settings.from_environment(DEVELOPMENT | {"BASE_URL": "http://status.example.com/"})

    assert settings.base_url == "http://status.example.com"


def test_a_public_address_does_not_go_with_the_key_that_everybody_knows() -> None:
    (fault,) = faults_of(DEVELOPMENT | {"BASE_URL": "https://status.example.com"})

    assert fault.startswith("SECRET_KEY is the one for development")
    assert "APP_ENV=production" in fault


def test_while_a_signing_secret_is_changed_there_are_two() -> None:
    secrets = "whsec_b2xkIG9sZCBvbGQgb2xkIG9sZA==, whsec_bmV3IG5ldyBuZXcgbmV3IG5ldw=="

    settings = Settings.from_environment(DEVELOPMENT | {"RESEND_WEBHOOK_SECRET": secrets})

    assert settings.resend_webhook_secrets == (b"old old old old old", b"new new new new new")


@pytest.mark.parametrize(
    ("given", "meant"), [("", ""), ("192.0.2.1", "192.0.2.1:53"), ("[2001:db8::1]:5353", "2001:db8::1:5353")]
)
def test_a_resolver_is_an_address_and_a_port(given: str, meant: str) -> None:
    assert Settings.from_environment(DEVELOPMENT | {"DNS_RESOLVER": given}).dns_resolver == meant


def test_an_empty_variable_counts_as_not_set() -> None:
    settings = Settings.from_environment(DEVELOPMENT | {"PORT": "", "MAIL_TRANSPORT": " "})

    assert settings.port == 8000
    assert settings.mail_transport is MailTransport.OUTBOX


@pytest.mark.parametrize(("transport", "needs"), [("resend", "RESEND_API_KEY"), ("smtp", "SMTP_URL")])
def test_a_transport_without_its_credentials_is_refused(transport: str, needs: str) -> None:
    faults = faults_of(DEVELOPMENT | {"MAIL_TRANSPORT": transport})

    assert [fault.split()[0] for fault in faults] == [needs]


def test_sockets_must_be_pinged_before_they_count_as_idle() -> None:
    faults = faults_of(DEVELOPMENT | {"SOCKET_PING_SECONDS": "60", "SOCKET_IDLE_SECONDS": "60"})

    assert faults == ["SOCKET_IDLE_SECONDS must be longer than SOCKET_PING_SECONDS."]


def test_no_secret_is_repeated_in_a_fault_or_in_the_settings_own_words() -> None:
    secrets = {
        "DATABASE_URL": "mysql://upfront:hunter2@db/upfront",
        "REDIS_URL": "http://:hunter2@redis",
        "SMTP_URL": "mail://hunter2@smtp",
        "SECRET_KEY": "hunter2",
    }

    with pytest.raises(SettingsError) as refused:
        Settings.from_environment(PRODUCTION | secrets)
    shown = repr(Settings.from_environment(PRODUCTION | {"DATABASE_URL": "postgresql://a:hunter2@db/upfront"}))

    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in shown
    assert PRODUCTION["SECRET_KEY"] not in shown


def test_every_wait_has_an_end() -> None:
    timeouts = Settings.from_environment(DEVELOPMENT).timeouts

    assert (timeouts.connect_seconds, timeouts.lock_seconds, timeouts.idle_in_transaction_seconds) == (3, 3, 10)
    assert (timeouts.web_statement_seconds, timeouts.worker_statement_seconds) == (5, 30)
    assert (timeouts.redis_seconds, timeouts.provider_seconds) == (1, 10)


def faults_of(environ: Mapping[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment(environ)
    return refused.value.faults
