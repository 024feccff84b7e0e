"""What a report means for a mail."""

import json
from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.reports.rules import Fate, read_report
from tests.delivery.reports.signing import payload

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "details", "fate"),
    [
        ("email.delivered", {}, Fate.DELIVERED),
        ("email.delivery_delayed", {}, Fate.DELAYED),
        ("email.complained", {}, Fate.COMPLAINED),
        ("email.failed", {"failed": {"reason": "reached_daily_quota"}}, Fate.NOT_SENT),
        ("email.suppressed", {"suppressed": {"type": "OnAccountSuppressionList", "message": "Known"}}, Fate.BOUNCED),
        ("email.bounced", {"bounce": {"type": "Permanent", "subType": "General", "message": "No"}}, Fate.BOUNCED),
        ("email.bounced", {"bounce": {"type": "Transient", "subType": "MailboxFull"}}, Fate.SOFT_BOUNCED),
        ("email.bounced", {"bounce": {"type": "Undetermined"}}, Fate.SOFT_BOUNCED),
        ("email.bounced", {}, Fate.BOUNCED),
    ],
)
def test_each_kind_of_report_says_what_became_of_the_mail(kind: str, details: dict[str, object], fate: Fate):
    report = read_report(json.loads(payload(kind, **details)), NOW)

    assert report is not None
    assert (report.fate, report.provider_id) == (fate, "mail-0")


def test_the_reason_is_one_line_of_letters():
    said = {"type": "Permanent", "message": "550 5.1.1\r\n<ada@customer.example>:\t no\x1b[31m such user" + "!" * 600}

    report = read_report(json.loads(payload("email.bounced", bounce=said)), NOW)

    assert report is not None
    assert report.reason.startswith("550 5.1.1 <ada@customer.example>: no[31m such user!")
    assert len(report.reason) == 500


@pytest.mark.parametrize("at", ["2026-11-21T10:00:00.000Z", "yesterday", "2031-01-01T00:00:00Z", "2026-11-21 10:00"])
def test_it_happened_when_it_is_said_to_have_but_not_in_the_future(at: str):
    report = read_report(json.loads(payload("email.delivered", at=at)), NOW)

    assert report is not None
    assert report.at in (datetime(2026, 11, 21, 10, tzinfo=UTC), NOW)


@pytest.mark.parametrize("kind", ["email.opened", "email.sent", "contact.created", "nonsense", ""])
def test_all_else_is_none_of_our_business(kind: str):
    assert read_report(json.loads(payload(kind)), NOW) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "data", "bounce"]), inner),
    max_leaves=9,
)


@given(json_values, st.sampled_from(["email.bounced", "email.delivered", 1, None]))
def test_nothing_that_is_json_breaks_the_reader(value: object, kind: object):
    read_report(value, NOW)
    read_report({"type": kind, "data": value}, NOW)
    read_report({"type": kind, "data": {"email_id": "mail-0", "bounce": value}, "created_at": value}, NOW)


def test_in_whatever_order_reports_come_the_worst_one_stays():
    for reports in permutations([Fate.DELAYED, Fate.BOUNCED, Fate.DELIVERED, Fate.COMPLAINED]):
        known: Fate | None = None
        for fate in reports:
            known = fate if fate.outweighs(known) else known

        assert known is Fate.COMPLAINED


def test_the_same_report_once_more_says_nothing_new():
    assert not Fate.BOUNCED.outweighs(Fate.BOUNCED)
