"""In which order what waits for somebody is put, and when it turns by itself."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from app.incidents.queries import IncidentRow
from app.incidents.rules import Impact, Stage
from app.overview.attention import Attention, by_urgency, next_turn
from app.overview.troubles import Troubles
from app.services.rules import ServiceStatus

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def incident(title: str, *, quiet_for: timedelta, promised_in: timedelta | None = None) -> IncidentRow:
    """One that is open; `promised_in` may be negative: the promise is broken then."""
    return IncidentRow(
        id=uuid4(),
        title=title,
        stage=Stage.INVESTIGATING,
        impact=Impact.MINOR,
        status=ServiceStatus.PARTIAL_OUTAGE,
        started_at=NOON - quiet_for,
        resolved_at=None,
        affected=(),
        last_update_at=NOON - quiet_for,
        last_author="Mara Lind",
        next_update_at=None if promised_in is None else NOON + promised_in,
    )


def attention(*incidents: IncidentRow) -> Attention:
    return Attention(incidents, (), Troubles())


def test_a_broken_promise_comes_before_a_long_silence_and_that_before_what_is_fresh():
    fresh = incident("fresh", quiet_for=timedelta(minutes=5))
    due = incident("due", quiet_for=timedelta(minutes=30), promised_in=timedelta(minutes=3))
    silent = incident("silent", quiet_for=timedelta(hours=4))
    broken = incident("broken", quiet_for=timedelta(hours=1), promised_in=-timedelta(minutes=20))

    assert [one.title for one in by_urgency([fresh, due, silent, broken], NOON)] == [
        "broken",
        "silent",
        "due",
        "fresh",
    ]


def test_of_those_alike_the_order_stays():
    first, second = (incident(title, quiet_for=timedelta(minutes=5)) for title in ("first", "second"))

    assert by_urgency([first, second], NOON) == (first, second)


def test_it_turns_when_the_next_promise_comes_due():
    promised = incident("promised", quiet_for=timedelta(minutes=5), promised_in=timedelta(minutes=20))
    silent = incident("silent", quiet_for=timedelta(hours=1))

    assert next_turn(attention(promised, silent), NOON) == NOON + timedelta(minutes=15)


def test_nothing_open_never_turns():
    assert next_turn(attention(), NOON) is None
    assert attention().is_empty
