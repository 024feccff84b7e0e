"""What the processes of `make run` are told, and what stays the same from start to start."""

import socket
import stat
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app.config import Settings
from app.development.environment import (
    Choices,
    check_port,
    identity_port,
    keep,
    owner_environment,
    process_environment,
    read_choices,
)
from app.development.errors import SetupError

EMBEDDED = "postgresql+psycopg://postgres@/upfront?host=/tmp/sockets/postgres"
REDIS = "unix:///tmp/sockets/redis/redis.sock?db=0"


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path) -> None:
    """The embedded servers make it before anything is kept in it."""
    (tmp_path / ".data").mkdir()


def test_with_nothing_set_it_is_all_on_this_machine(tmp_path: Path) -> None:
    choices = read_choices({}, tmp_path)

    assert (choices.host, choices.port) == ("127.0.0.1", 8000)
    assert choices.data == tmp_path / ".data"
    assert choices.needs_postgres
    assert choices.needs_redis
    assert choices.signs_in_locally


def test_the_environment_made_for_a_developer_is_one_that_the_application_accepts(tmp_path: Path) -> None:
    environment = process_environment(prepared(read_choices({"PORT": "9000"}, tmp_path)))

    settings = Settings.from_environment(environment)

    assert settings.base_url == "http://localhost:9000"
    assert settings.oidc_issuer == "http://127.0.0.1:8001"
    assert len(settings.secret_key) > 32


def test_what_the_developer_set_is_kept(tmp_path: Path) -> None:
    given = {"BASE_URL": "http://status.test:8000", "MAIL_TRANSPORT": "smtp", "SECRET_KEY": "mine", "UNRELATED": "too"}

    environment = prepared(read_choices(given, tmp_path))

    assert {name: environment[name] for name in given} == given


def test_googles_own_credentials_turn_the_local_sign_in_off(tmp_path: Path) -> None:
    choices = read_choices({"GOOGLE_CLIENT_ID": "123"}, tmp_path)

    assert not choices.signs_in_locally
    assert "OIDC_ISSUER" not in prepared(choices)


@pytest.mark.parametrize("value", ["production", "testing", "nonsense"])
def test_only_development_is_run_this_way(tmp_path: Path, value: str) -> None:
    with pytest.raises(SetupError, match="for development"):
        read_choices({"APP_ENV": value}, tmp_path)


@pytest.mark.parametrize("value", ["0", "65536", "http", "8_000", "-1"])
def test_a_port_that_is_none_is_one_clear_line(tmp_path: Path, value: str) -> None:
    with pytest.raises(SetupError, match="PORT must be a number from 1 to 65535"):
        read_choices({"PORT": value}, tmp_path)


def test_processes_do_not_get_the_owners_login(tmp_path: Path) -> None:
    environment = process_environment(prepared(read_choices({}, tmp_path)))

    assert make_url(environment["DATABASE_URL"]).username == "upfront_app"
    assert EMBEDDED not in environment.values()


def test_behind_our_private_socket_the_application_needs_no_password(tmp_path: Path) -> None:
    environment = prepared(read_choices({}, tmp_path))

    assert make_url(environment["DATABASE_URL"]).password is None


def test_at_a_server_of_ones_own_the_application_gets_a_lasting_password(tmp_path: Path) -> None:
    owner = "postgresql://owner:theirs@db.test:5432/upfront"
    choices = read_choices({"DATABASE_URL": owner}, tmp_path)

    first, second = (owner_environment(choices, database_url=owner, redis_url=REDIS, identity_port=1) for _ in range(2))

    login = make_url(first["DATABASE_URL"])
    assert (login.username, login.host, login.database) == ("upfront_app", "db.test", "upfront")
    assert login.password not in {None, "theirs"}
    assert first["DATABASE_URL"] == second["DATABASE_URL"]
    assert first["DATABASE_OWNER_URL"] == owner


def test_both_logins_given_are_both_taken(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql://app@db.test/upfront", "DATABASE_OWNER_URL": "postgresql://o@db.test/upfront"}
    choices = read_choices(given, tmp_path)

    made = owner_environment(choices, database_url=given["DATABASE_URL"], redis_url=REDIS, identity_port=1)

    assert {name: made[name] for name in given} == given


def test_a_database_url_that_cannot_be_read_is_not_repeated(tmp_path: Path) -> None:
    choices = read_choices({"DATABASE_URL": "hunter2"}, tmp_path)

    with pytest.raises(SetupError) as refused:
        owner_environment(choices, database_url="hunter2", redis_url=REDIS, identity_port=1)

    assert "hunter2" not in str(refused.value)


def test_the_providers_port_stays_when_ours_changes(tmp_path: Path) -> None:
    first = identity_port(read_choices({"PORT": "8000"}, tmp_path))

    second = identity_port(read_choices({"PORT": "9000"}, tmp_path))

    assert first == second


def test_the_providers_port_is_one_that_was_free(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        chosen = identity_port(read_choices({"PORT": str(port - 1)}, tmp_path))

    assert chosen != port


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(SetupError, match=rf"^Port {port} on 127.0.0.1 is taken. Try another.$"):
            check_port("127.0.0.1", port, hint="Try another.")


def test_what_is_kept_is_made_once_and_only_we_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "secret-key"

    first = keep(file, lambda: "the first")
    second = keep(file, lambda: "another")

    assert (first, second) == ("the first", "the first")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def prepared(choices: Choices) -> dict[str, str]:
    return owner_environment(choices, database_url=EMBEDDED, redis_url=REDIS, identity_port=8001)
