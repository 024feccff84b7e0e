"""Dates and numbers as people write them."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from app.text import wording
from app.text.languages import (
    Language,
    write_date,
    write_full_day,
    write_number,
    write_share,
    write_short_day,
    write_time,
)

AT = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        (Language.BRITISH, ("14:05", "Tue 24 Nov", "24 Nov 2026", "Tuesday, 24 November 2026", "4,312", "99.94%")),
        (
            Language.AMERICAN,
            ("2:05\u202fPM", "Tue, Nov 24", "Nov 24, 2026", "Tuesday, November 24, 2026", "4,312", "99.94%"),
        ),
        (
            Language.GERMAN,
            ("14:05", "Di., 24. Nov.", "24. Nov. 2026", "Dienstag, 24. November 2026", "4.312", "99,94\xa0%"),
        ),
        (
            Language.SPANISH,
            ("14:05", "mar, 24 nov", "24 nov 2026", "martes, 24 de noviembre de 2026", "4.312", "99,94\xa0%"),
        ),
        (
            Language.FRENCH,
            ("14:05", "mar. 24 nov.", "24 nov. 2026", "mardi 24 novembre 2026", "4\u202f312", "99,94\xa0%"),
        ),
        (Language.JAPANESE, ("14:05", "11月24日(火)", "2026年11月24日", "2026年11月24日火曜日", "4,312", "99.94%")),
    ],
)
def test_each_language_has_its_own_way(language: Language, written: tuple[str, ...]):
    assert (
        write_time(AT, language),
        write_short_day(AT, language),
        write_date(AT, language),
        write_full_day(AT.date(), language),
        write_number(4312, language),
        write_share(Decimal("0.9994"), language),
    ) == written


def test_every_language_names_itself():
    assert [language.label for language in Language] == [
        "English (United Kingdom)", "English (United States)", "Deutsch", "Español", "Français", "日本語",
    ]  # fmt: skip


def test_what_a_member_reads_is_written_for_them_in_their_zone(app: Flask):
    tokyo = ZoneInfo("Asia/Tokyo")
    late = datetime(2026, 11, 24, 20, 5, tzinfo=UTC)  # already the next day there

    wording.write_for(Language.GERMAN)

    assert wording.moment(late, tokyo) == "Mi., 25. Nov., 05:05"
    assert wording.moment(late, tokyo, year=True) == "25. Nov. 2026, 05:05"
    assert wording.count(4312) == "4.312"
    assert wording.percent(0.99948) == "99,94\xa0%"
    assert wording.percent(1) == "100\xa0%"
    assert wording.day_heading(late.date()) == "Dienstag, 24. November 2026"


def test_british_members_read_what_everybody_reads(app: Flask):
    wording.write_for(Language.BRITISH)

    assert wording.moment(AT, ZoneInfo("UTC")) == "Tue 24 Nov, 14:05"
    assert wording.percent(0.9994) == "99.94 %"
