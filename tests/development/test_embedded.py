"""The embedded servers: what a developer's data survives, and who may come near it."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app.development import postgres_server
from app.development.embedded import EmbeddedServers
from app.development.errors import AlreadyRunning, ServerError
from app.development.postgres_server import PostgresServer
from app.development.redis_server import RedisServer
from app.development.server_account import RunAs
from app.development.server_folders import ServerFolders

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others can pass through, with a space in its path. (pytest's own are closed to others.)"""
    base = Path(tempfile.mkdtemp(prefix="upfront test "))
    base.chmod(0o711)
    yield base / "my data"
    shutil.rmtree(base)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data folder that was used and left in order; making a cluster takes most of a test's time."""
    base = Path(tempfile.mkdtemp(prefix="upfront-test-"))
    base.chmod(0o711)
    with EmbeddedServers(base / "data", durable=False):
        pass
    yield base / "data"
    shutil.rmtree(base)


@pytest.fixture
def used_folder(made: Path, folder: Path) -> Path:
    """A copy of it, with everybody's rights."""
    subprocess.run(["cp", "-a", str(made), str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedServers]:
    """Servers for the tests that only look."""
    base = Path(tempfile.mkdtemp(prefix="upfront-test-"))
    base.chmod(0o711)
    with EmbeddedServers(base / ("long" * 30), durable=False) as servers:
        yield servers
    shutil.rmtree(base)


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that only we can enter."""
    base = Path(tempfile.mkdtemp(prefix="upfront-test-"))
    yield base / "data"
    shutil.rmtree(base)


def test_both_servers_keep_their_data_from_start_to_start(folder: Path) -> None:
    with EmbeddedServers(folder) as servers:
        execute(servers, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('still here')")
        redis_of(servers).set("kept", "still here")

    with EmbeddedServers(folder) as servers:
        word = execute(servers, "SELECT word FROM kept")
        value = redis_of(servers).get("kept")

    assert (word, value) == ("still here", b"still here")


def test_nothing_runs_and_no_socket_is_left_after_stop(used_folder: Path) -> None:
    servers = EmbeddedServers(used_folder, durable=False)
    servers.start()
    pids, sockets = servers.pids, servers.folders.sockets

    servers.stop()

    assert [pid for pid in pids if is_running(pid)] == []
    assert not sockets.exists()


def test_neither_listens_on_the_network(running: EmbeddedServers) -> None:
    addresses = execute(running, "SHOW listen_addresses")
    port = redis_of(running).config_get("port")

    assert addresses == ""
    assert port == {"port": "0"}


def test_only_we_can_come_to_the_sockets_and_the_data(running: EmbeddedServers) -> None:
    places = running.folders
    closed = (places.postgres_socket, places.redis_socket.parent, places.cluster, places.redis)

    modes = {stat.S_IMODE(place.stat().st_mode) for place in closed}

    assert modes == {0o700}


def test_the_path_of_a_socket_fits_however_long_the_data_folders_is(running: EmbeddedServers) -> None:
    longest = len(os.fsencode(running.folders.postgres_socket / ".s.PGSQL.5432.lock"))

    assert len(str(running.folders.data)) > 107
    assert longest < 107


def test_a_second_start_on_the_same_folder_says_who_has_it(running: EmbeddedServers) -> None:
    second = EmbeddedServers(running.folders.data, durable=False)

    with pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}.*DATA_DIR"):
        second.start()


def test_data_survives_servers_that_were_killed(used_folder: Path) -> None:
    first = EmbeddedServers(used_folder)
    first.start()
    execute(first, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('still here')")
    for pid in first.pids:
        os.kill(pid, signal.SIGKILL)
    first.stop()

    with EmbeddedServers(used_folder) as servers:
        word = execute(servers, "SELECT word FROM kept")

    assert word == "still here"


def test_the_folder_is_free_again_when_its_user_was_killed(used_folder: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from app.development.embedded import EmbeddedServers;"
        "EmbeddedServers(Path(sys.argv[1]), durable=False).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(used_folder)], check=False, stderr=subprocess.PIPE)

    with EmbeddedServers(used_folder, durable=False) as servers:
        answer = execute(servers, "SELECT 1")

    assert killed.returncode == -signal.SIGKILL
    assert answer == 1


def test_servers_left_over_by_a_crash_are_ended_before_new_ones_start(used_folder: Path) -> None:
    with EmbeddedServers(used_folder, durable=False) as left_over:
        execute(left_over, "CREATE TABLE kept (word text)")
        old = left_over.pids
        new_postgres = PostgresServer(left_over.folders, durable=False)
        new_redis = RedisServer(left_over.folders, durable=False)
        try:
            new_postgres.start()
            new_postgres.wait()
            new_redis.start()
            new_redis.wait()

            tables = execute(left_over, "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'")
        finally:
            new_postgres.stop()
            new_redis.stop()

    assert tables == 1
    assert [pid for pid in old if is_running(pid)] == []


def test_a_process_that_merely_has_the_old_number_is_left_alone(used_folder: Path) -> None:
    with EmbeddedServers(used_folder, durable=False) as servers:
        cluster, account = servers.folders.cluster, servers.folders.account
    run_as = account.run_as if account else RunAs()
    # As after a power cut: the file of the old server names a process that is something else by now.
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, **run_as) as other:
        (cluster / "postmaster.pid").write_text(f"{other.pid}\n{cluster}\n")

        with EmbeddedServers(used_folder, durable=False) as servers:
            answer = execute(servers, "SELECT 1")

        assert answer == 1
        assert other.poll() is None


def test_a_half_made_cluster_is_made_anew(folder: Path) -> None:
    unfinished = folder / "postgres.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    with EmbeddedServers(folder, durable=False) as servers:
        answer = execute(servers, "SELECT 1")

    assert answer == 1


def test_a_server_that_does_not_start_is_quoted_and_nothing_runs_on(used_folder: Path) -> None:
    (used_folder / "postgres" / "postgresql.conf").write_text("there_is_no_such_setting = 1\n")

    broken = EmbeddedServers(used_folder, durable=False)
    with pytest.raises(ServerError, match="there_is_no_such_setting"):
        broken.start()

    assert broken.pids == []


def test_data_of_another_major_version_is_not_touched(used_folder: Path) -> None:
    (used_folder / "postgres" / "PG_VERSION").write_text("16\n")

    with pytest.raises(ServerError, match="made by PostgreSQL 16; this is PostgreSQL 18"):
        EmbeddedServers(used_folder, durable=False).start()


def test_the_database_folds_case_alike_on_every_machine(running: EmbeddedServers) -> None:
    folded = execute(running, "SELECT lower('ÄÖÜ')")
    encoding = execute(running, "SHOW server_encoding")

    assert (folded, encoding) == ("äöü", "UTF8")


@as_root
def test_root_gives_postgresql_to_another_account(running: EmbeddedServers) -> None:
    owner = running.folders.cluster.stat().st_uid
    runs_as = Path(f"/proc/{running.pids[0]}").stat().st_uid

    assert owner != 0
    assert runs_as == owner


@as_root
def test_a_folder_closed_to_others_stays_closed_and_its_data_is_found_again(closed_folder: Path) -> None:
    with EmbeddedServers(closed_folder) as servers:
        execute(servers, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('still here')")
        home = servers.folders.database_home

    try:
        with EmbeddedServers(closed_folder) as servers:
            word = execute(servers, "SELECT word FROM kept")

        assert word == "still here"
        assert not home.is_relative_to(closed_folder)
        assert stat.S_IMODE(closed_folder.parent.stat().st_mode) == 0o700
    finally:
        shutil.rmtree(home)


@as_root
def test_programs_that_the_account_cannot_reach_are_copied_for_it(
    closed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.development import postgres_server

    original = postgres_server._package_folder()
    unreachable = closed_folder.parent / original.name
    unreachable.symlink_to(original)
    unreachable.with_name(f"{original.name}.libs").symlink_to(original.with_name(f"{original.name}.libs"))
    monkeypatch.setattr(postgres_server, "_package_folder", lambda: unreachable)

    with EmbeddedServers(closed_folder, durable=False) as servers:
        program = Path(f"/proc/{servers.pids[0]}/exe").readlink()
        home = servers.folders.database_home

    assert program.is_relative_to(home)


@as_root
def test_a_throwaway_cluster_outside_of_its_folder_is_removed(closed_folder: Path) -> None:
    with EmbeddedServers(closed_folder, durable=False) as servers:
        home = servers.folders.database_home

    assert not home.exists()


@pytest.mark.parametrize(("durable", "left"), [(False, []), (True, ["PG_VERSION"])])
def test_what_a_killed_run_left_outside_of_its_folder_is_not_taken_for_a_throwaway_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool, left: list[str]
) -> None:
    folders = ServerFolders(tmp_path / "data", tmp_path / "outside", tmp_path / "sockets", None)
    folders.cluster.mkdir(parents=True)
    (folders.cluster / "PG_VERSION").write_text("18\n")
    monkeypatch.setattr(postgres_server, "_reachable_programs", lambda folders: tmp_path)
    monkeypatch.setattr(postgres_server, "ServerProcess", lambda *arguments, **options: None)
    monkeypatch.setattr(PostgresServer, "_create_cluster", lambda self, programs: folders.cluster.mkdir())

    PostgresServer(folders, durable=durable).start()

    assert [file.name for file in folders.cluster.iterdir()] == left


def test_a_stranger_may_not_have_made_our_socket_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedServers(folder, durable=False, with_postgres=False) as servers:
        sockets = servers.folders.sockets
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    sockets.symlink_to(elsewhere)

    try:
        with pytest.raises(ServerError, match="not our folder"):
            EmbeddedServers(folder, durable=False).start()
    finally:
        sockets.unlink()


def test_only_what_is_wanted_is_started(folder: Path) -> None:
    with EmbeddedServers(folder, durable=False, with_postgres=False) as servers:
        started = len(servers.pids)

        with pytest.raises(ServerError, match="PostgreSQL is not running"):
            _ = servers.database_url

    assert started == 1


def execute(servers: EmbeddedServers, *statements: str) -> object:
    """The one value that the last statement gives, if any."""
    engine = create_engine(servers.database_url, poolclass=NullPool)
    with engine.begin() as connection:
        results = [connection.execute(text(statement)) for statement in statements]
        return results[-1].scalar() if results[-1].returns_rows else None


def redis_of(servers: EmbeddedServers) -> redis.Redis:
    return redis.Redis.from_url(servers.redis_url)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
