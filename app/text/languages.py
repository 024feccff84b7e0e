"""The languages that pages speak, and how people write dates and numbers, by the rules that Unicode's CLDR collects."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from babel.core import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal, format_percent


class Language(StrEnum):
    """What a person may choose, as BCP 47 tags."""

    BRITISH = "en-GB"
    AMERICAN = "en-US"
    GERMAN = "de"
    SPANISH = "es"
    FRENCH = "fr"
    JAPANESE = "ja"

    @property
    def label(self) -> str:
        """The language's name in itself, for those who look for theirs."""
        return _LABELS[self]

    @property
    def locale(self) -> Locale:
        return Locale.parse(self.value, sep="-")


_LABELS = {
    Language.BRITISH: "English (United Kingdom)",
    Language.AMERICAN: "English (United States)",
    Language.GERMAN: "Deutsch",
    Language.SPANISH: "Español",
    Language.FRENCH: "Français",
    Language.JAPANESE: "日本語",
}


class PageLanguage(StrEnum):
    """What a page's own words can be in, as BCP 47 tags; each but English has a catalogue under `app/translations/`."""

    ENGLISH = "en"
    GERMAN = "de"
    SPANISH = "es"
    FRENCH = "fr"
    JAPANESE = "ja"

    @property
    def label(self) -> str:
        """The language's name in itself, for those who look for theirs."""
        return "English" if self is PageLanguage.ENGLISH else self.formats.label

    @property
    def formats(self) -> Language:
        """How dates and numbers are written on a page in it."""
        return Language.BRITISH if self is PageLanguage.ENGLISH else Language(self.value)

    @property
    def direction(self) -> str:
        """For HTML's `dir`: "ltr" or "rtl"."""
        return self.formats.locale.text_direction


def write_time(at: datetime, language: Language) -> str:
    """ "14:05", "2:05 PM" """
    return format_time(at, "short", locale=language.locale)


def write_short_day(day: date, language: Language) -> str:
    """ "Di., 24. Nov." """
    return format_skeleton("MMMEd", day, locale=language.locale)


def write_date(day: date, language: Language) -> str:
    """ "24. Nov. 2026" """
    return format_skeleton("yMMMd", day, locale=language.locale)


def write_full_day(day: date, language: Language) -> str:
    """ "Dienstag, 24. November 2026" """
    return format_date(day, "full", locale=language.locale)


def write_day_of_year(day: date, language: Language) -> str:
    """ "Dienstag, 24. November": for what lies in the present year."""
    return format_date(day, _DAYS_OF_YEAR[language], locale=language.locale)


_DAYS_OF_YEAR = {
    Language.BRITISH: "EEEE, d MMMM",
    Language.AMERICAN: "EEEE, MMMM d",
    Language.GERMAN: "EEEE, d. MMMM",
    Language.SPANISH: "EEEE, d 'de' MMMM",
    Language.FRENCH: "EEEE d MMMM",
    Language.JAPANESE: "M月d日EEEE",
}
"""Patterns as CLDR writes them; it has none for this itself."""


def write_long_date(day: date, language: Language) -> str:
    """ "24. November 2026" """
    return format_date(day, "long", locale=language.locale)


def write_month(day: date, language: Language) -> str:
    """ "November 2026" """
    return format_skeleton("yMMMM", day, locale=language.locale)


def write_number(number: float, language: Language) -> str:
    """ "4.312" """
    return format_decimal(number, locale=language.locale)


def write_share(share: Decimal, language: Language) -> str:
    """A share from 0 to 1 with its digits as they are: Decimal("0.9994") is "99,94 %"."""
    decimals = max(-int(share.as_tuple().exponent) - 2, 0)
    pattern = language.locale.percent_formats[None].pattern
    if decimals:
        pattern = pattern.replace("#0", "#0." + "0" * decimals)
    return format_percent(share, pattern, locale=language.locale)
