import json

import pytest
import structlog

from app import logs


@pytest.fixture(autouse=True)
def put_back():
    yield
    logs.configure(for_machines=False)


@pytest.mark.parametrize("for_machines", [True, False])
def test_a_traceback_shows_no_values(capsys: pytest.CaptureFixture[str], for_machines: bool):
    logs.configure(for_machines=for_machines)

    password = "-".join(["correct", "horse"])

    def open_the_door(password: str) -> None:
        raise ValueError("the door is stuck")

    try:
        open_the_door(password)
    except ValueError:
        structlog.get_logger().error("door.stuck", exc_info=True)

    written = capsys.readouterr().err
    assert "the door is stuck" in written
    assert "open_the_door" in written
    assert password not in written


def test_for_machines_each_line_is_one_object(capsys: pytest.CaptureFixture[str]):
    logs.configure(for_machines=True)

    structlog.get_logger().warning("door.open", door=3)

    written = json.loads(capsys.readouterr().err)
    assert (written["event"], written["level"], written["door"]) == ("door.open", "warning", 3)
