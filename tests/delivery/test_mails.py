"""What a mail says, and what it must never say."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from app.delivery.mail import Mail, UnfitMail
from app.delivery.notices.incidents import IncidentNotice, NoticeUpdate, incident_mails
from app.delivery.notices.kept import Recipient
from app.delivery.notices.subscriptions import SubscriptionNotice, subscription_mails
from app.incidents.rules import Stage
from app.services.rules import ServiceStatus

IDENTIFIED = NoticeUpdate(
    stage=Stage.IDENTIFIED,
    text="A deployment at 09:31 raised the memory use of our API servers; about 6 % of requests fail."
    " We are rolling it back and expect normal service by 10:30.",
    html="<p>A deployment at 09:31 raised the memory use of our <em>API servers</em>.</p>",
    posted_at=datetime(2026, 11, 21, 9, 12, tzinfo=UTC),
)
INVESTIGATING = NoticeUpdate(
    stage=Stage.INVESTIGATING,
    text="We see more errors than usual on the API and are looking into it.",
    html="<p>We see more errors than usual on the API and are looking into it.</p>",
    posted_at=datetime(2026, 11, 21, 8, 38, tzinfo=UTC),
)
NOTICE = IncidentNotice(
    organization_name="Northwind Cloud",
    page_url="https://status.example/northwind",
    time_zone="Europe/Berlin",
    title="Elevated error rates on the API",
    incident_url="https://status.example/northwind/incidents/0190",
    status=ServiceStatus.PARTIAL_OUTAGE,
    affected=("API", "Dashboard"),
    updates=(IDENTIFIED, INVESTIGATING),
)
READER = Recipient(
    address="ada@customer.example",
    manage_url="https://status.example/northwind/subscribe/t0ken",
    unsubscribe_url="https://status.example/northwind/unsubscribe/t0ken",
    about="API, Dashboard and 4 more",
)

# The picture: design/email-incident.txt.
EXPECTED_TEXT = """\
IDENTIFIED, partial outage
Elevated error rates on the API
21 November 2026, 10:12 CET, affects API, Dashboard

A deployment at 09:31 raised the memory use of our API servers; about 6
% of requests fail. We are rolling it back and expect normal service by
10:30.

Follow this incident: https://status.example/northwind/incidents/0190

Earlier
  Investigating, 09:38
  We see more errors than usual on the API and are looking into it.

--\x20
You asked Northwind Cloud to tell you about API, Dashboard and 4 more.
Choose what you hear about: https://status.example/northwind/subscribe/t0ken
Unsubscribe: https://status.example/northwind/unsubscribe/t0ken
"""


def changed(**fields: object) -> IncidentNotice:
    return IncidentNotice.from_json(NOTICE.to_json() | fields)


def mail_of(notice: IncidentNotice = NOTICE, recipient: Recipient = READER) -> Mail:
    return incident_mails(notice)(uuid4(), recipient)


def test_the_text_part_is_the_designs() -> None:
    assert mail_of().text == EXPECTED_TEXT


def test_the_subject_names_organization_stage_and_title() -> None:
    assert mail_of().subject == "[Northwind Cloud] Identified: Elevated error rates on the API"


def test_the_html_part_holds_the_sanitised_message_and_the_readers_own_links() -> None:
    html = mail_of().html

    assert IDENTIFIED.html in html
    assert f'<a href="{READER.unsubscribe_url}"' in html
    assert "Identified &middot; Partial outage" in html


def test_what_users_typed_is_escaped_in_html() -> None:
    notice = changed(
        organization_name="<b>Northwind</b>", title='<script>alert("x")</script><!--foot-->', affected=["<i>API</i>"]
    )

    html = mail_of(notice, Recipient("ada@customer.example", about="<u>all</u>")).html

    for tag in ("<b>", "<script>", "<i>", "<u>", "<!--foot-->"):
        assert tag not in html
    assert html.count("Choose what you hear about") == 1


def test_one_click_unsubscribing_is_announced() -> None:
    headers = mail_of().headers

    assert headers["List-Unsubscribe"] == f"<{READER.unsubscribe_url}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_same_notice_makes_the_same_mail_after_it_was_kept() -> None:
    mail_id = uuid4()

    first = incident_mails(NOTICE)(mail_id, READER)
    again = incident_mails(IncidentNotice.from_json(NOTICE.to_json()))(mail_id, READER)

    assert first == again


def test_a_title_with_line_breaks_cannot_add_a_header() -> None:
    assert mail_of(changed(title="Errors\r\nBcc: everyone@example.com")).subject.endswith(
        "Identified: Errors Bcc: everyone@example.com"
    )


@pytest.mark.parametrize(
    "address",
    [
        "ada@customer.example\nBcc: bob@customer.example",
        "ada@customer.example,bob@customer.example",
        "Ada <ada@customer.example>",
        "ada",
        "",
    ],
)
def test_what_is_not_one_address_is_refused(address: str) -> None:
    with pytest.raises(UnfitMail):
        mail_of(recipient=Recipient(address))


def test_a_header_with_a_line_break_is_refused() -> None:
    with pytest.raises(UnfitMail):
        mail_of(recipient=Recipient("ada@customer.example", unsubscribe_url="https://x\r\nBcc: bob@customer.example"))


def test_a_promised_update_is_told_in_the_pages_time() -> None:
    promised = changed(promised_at="2026-11-21T10:00:00+00:00")

    mail = mail_of(promised)

    for part in (mail.text, mail.html):
        assert "Next update by 21 November 2026, 11:00 CET" in part


def test_a_resolved_incident_has_no_status() -> None:
    resolved = NOTICE.to_json()["updates"][0] | {"stage": "resolved"}

    text = mail_of(changed(status=None, updates=[resolved])).text

    assert text.startswith("RESOLVED\nElevated")
    assert "Earlier" not in text


def test_an_earlier_update_of_another_day_says_which() -> None:
    older = NOTICE.to_json()["updates"][1] | {"posted_at": "2026-11-20T22:30:00+00:00"}

    text = mail_of(changed(updates=[NOTICE.to_json()["updates"][0], older])).text

    assert "Investigating, 20 November 2026, 23:30" in text


def test_a_confirmation_asks_and_carries_no_list_headers() -> None:
    notice = SubscriptionNotice(
        datetime(2026, 11, 21, tzinfo=UTC),
        False,
        organization_name="Northwind Cloud",
        page_url="https://status.example/northwind",
        time_zone="Europe/Berlin",
    )

    mail = subscription_mails(notice)(uuid4(), Recipient("ada@customer.example", action_url="https://x/confirm/abc"))

    assert "https://x/confirm/abc" in mail.text
    assert 'href="https://x/confirm/abc"' in mail.html
    assert "List-Unsubscribe" not in mail.headers
