from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.maintenance.calendar import CalendarFrame, CalendarWindow, write_calendar
from app.text.clean import clean_text
from app.text.markdown import render_markdown
from app.text.plain import plain_text
from tests.maintenance.calendars import READERS, Entry, read_strictly

STARTS = datetime(2026, 11, 24, 1, tzinfo=UTC)
FRAME = CalendarFrame("Northwind Cloud", "https://status.example/northwind", "status.example", ZoneInfo("Asia/Kolkata"))
WINDOW = CalendarWindow(
    id=UUID("01a1fda3-aa31-7c0e-9b8c-0d6a5f6a7d3e"),
    title="Network upgrade, Asia Pacific",
    text="Short connection resets.\n\nNothing is lost; retry.",
    services=("API", "Asia Pacific"),
    starts_at=STARTS,
    ends_at=STARTS + timedelta(hours=2),
    is_cancelled=False,
    version=2,
    created_at=STARTS - timedelta(days=3),
    changed_at=STARTS - timedelta(days=1),
    address="https://status.example/northwind/maintenance/01a1fda3-aa31-7c0e-9b8c-0d6a5f6a7d3e",
)


def lines_of(feed: bytes) -> list[str]:
    return feed.replace(b"\r\n ", b"").decode().split("\r\n")


@pytest.mark.parametrize("reader", READERS)
def test_each_program_reads_the_same_of_a_window(reader: str) -> None:
    feed = write_calendar(FRAME, [WINDOW])

    read = READERS[reader](feed)

    assert read == [
        Entry(
            uid="01a1fda3-aa31-7c0e-9b8c-0d6a5f6a7d3e@status.example",
            starts_at=STARTS,
            ends_at=STARTS + timedelta(hours=2),
            status="CONFIRMED",
            title="Network upgrade, Asia Pacific",
            text="Short connection resets.\n\nNothing is lost; retry.\n\nAffects API, Asia Pacific.\n\n"
            + WINDOW.address,
        )
    ]


@pytest.mark.parametrize("reader", READERS)
def test_each_program_sees_that_a_window_is_cancelled(reader: str) -> None:
    feed = write_calendar(FRAME, [replace(WINDOW, is_cancelled=True)])

    read = READERS[reader](feed)

    assert [(entry.status, entry.title) for entry in read] == [
        ("CANCELLED", "Cancelled: Network upgrade, Asia Pacific")
    ]


@pytest.mark.parametrize("reader", READERS)
def test_each_program_reads_a_calendar_without_windows(reader: str) -> None:
    assert READERS[reader](write_calendar(FRAME, [])) == []


AWKWARD = st.sampled_from(
    [
        ";",
        ",",
        "\\",
        "\n",
        "\\n",
        "\r\n",
        '"',
        ":",
        "é",
        "👩‍🚀",
        "\u200f",
        "שלום",
        "\u2028",
        "\x85",
        "&#8232;",
        "&#11;",
        "\t",
    ]
)
TEXTS = st.lists(st.one_of(AWKWARD, st.text(max_size=30)), max_size=12).map("".join)


@settings(max_examples=60)
@given(title=TEXTS, message=TEXTS, minutes=st.integers(0, 600_000), cancelled=st.booleans())
def test_all_programs_agree_whatever_people_write(title: str, message: str, minutes: int, cancelled: bool) -> None:
    window = replace(
        WINDOW,
        title=clean_text(title) or "Untitled",
        text=plain_text(render_markdown(message)),
        ends_at=STARTS + timedelta(minutes=minutes),
        is_cancelled=cancelled,
    )

    feed = write_calendar(FRAME, [window])

    [strict] = read_strictly(feed)
    assert strict.title == ("Cancelled: " if cancelled else "") + window.title
    readers = dict(READERS)
    if "\\" in strict.title + strict.text:
        del readers["ics"]  # it takes an escaped backslash before an n for a line end
    assert {name: reader(feed) for name, reader in readers.items()} == {name: [strict] for name in readers}


def test_the_same_windows_give_the_same_bytes() -> None:
    assert write_calendar(FRAME, [WINDOW]) == write_calendar(FRAME, [WINDOW])


def test_an_edit_raises_sequence_and_time_of_change_and_keeps_the_id() -> None:
    edited = replace(WINDOW, version=3, changed_at=WINDOW.changed_at + timedelta(hours=1))

    lines = lines_of(write_calendar(FRAME, [edited]))

    assert {"SEQUENCE:3", "LAST-MODIFIED:20261123T020000Z", "DTSTAMP:20261123T020000Z"} <= set(lines)
    assert "UID:01a1fda3-aa31-7c0e-9b8c-0d6a5f6a7d3e@status.example" in lines


def test_the_calendar_says_its_name_its_page_and_when_to_look_again() -> None:
    lines = lines_of(write_calendar(replace(FRAME, name="North; wind"), []))

    assert {
        "NAME:North\\; wind maintenance",
        "X-WR-CALNAME:North\\; wind maintenance",
        "URL:https://status.example/northwind",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    } <= set(lines)


def test_a_window_that_took_no_time_still_ends_after_it_began() -> None:
    feed = write_calendar(FRAME, [replace(WINDOW, ends_at=STARTS)])

    [entry] = read_strictly(feed)

    assert entry.ends_at == STARTS + timedelta(minutes=1)
