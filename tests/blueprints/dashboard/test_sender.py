"""In whose name mails go out, and whether the domain's records let receivers trust them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from app.config import MailTransport
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team
from tests.delivery.conftest import PostOffice
from tests.delivery.conftest import post as post
from tests.delivery.conftest import resend as resend
from tests.delivery.conftest import transport as transport
from tests.fakes.dns import Zone, serving
from tests.fakes.resend import FakeResend


@pytest.fixture
def zone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    with serving(Zone()) as running:
        changed = replace(
            app.extensions["upfront.settings"],
            dns_resolver=running.address,
            mail_transport=MailTransport.RESEND,
            mail_from="Upfront <status@up.example>",
        )
        monkeypatch.setitem(app.extensions, "upfront.settings", changed)
        yield running


def save(browser: HttpBrowser, home: str, **fields: str) -> int:
    return browser.submit(f"{home}/settings/mails", {"name": "", "reply_to": "", **fields}).status_code


def test_mails_go_out_in_the_organizations_name_with_its_address_for_answers(
    team: Team, admin: HttpBrowser, home: str, post: PostOffice, resend: FakeResend
) -> None:
    team.subscriber("ada@customer.example")

    assert save(admin, home, name="Northwind Betrieb, Köln", reply_to=" Help@Northwind.example ") == 303
    team.incident()
    post.tell()

    (mail,) = resend.accepted
    assert mail["from"] == '"Northwind Betrieb, Köln" <status@up.example>'
    assert mail["reply_to"] == "help@northwind.example"


def test_a_change_does_not_reach_a_mail_that_is_on_its_way(
    team: Team, admin: HttpBrowser, home: str, post: PostOffice, resend: FakeResend
) -> None:
    team.subscriber("ada@customer.example")
    resend.behaviour.vanish_after = 1
    team.incident()
    post.tell()

    save(admin, home, name="Another")
    post.traveller.shift(600)
    post.send_due()

    (mail,) = resend.accepted
    assert mail["from"] == "Northwind <status@up.example>"
    assert [request.status for request in resend.requests] == [0, 200]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", "Bank <security@bank.example>"),
        ("name", "N" * 61),
        ("reply_to", "nobody"),
        ("reply_to", "a@b.example, c@d.example"),
        ("reply_to", "a@b.example\r\nBcc: everybody@example.com"),
    ],
)
def test_what_cannot_be_a_sender_is_refused_beside_its_field_and_kept(
    admin: HttpBrowser, home: str, field: str, typed: str
) -> None:
    answer = admin.submit(f"{home}/settings/mails", {"name": "", "reply_to": "", field: typed})

    page = read(answer.text)
    assert answer.status_code == 422
    assert page.one("input", id=field).attributes["aria-invalid"] == "true"
    assert page.one("input", id=field).value


def test_a_line_break_in_a_name_is_no_header(
    team: Team, admin: HttpBrowser, home: str, post: PostOffice, resend: FakeResend
) -> None:
    team.subscriber()
    save(admin, home, name="Northwind\r\nBcc: everybody@example.com".replace("@", " at "))
    team.incident()
    post.tell()

    assert resend.accepted[0]["from"] == '"Northwind Bcc: everybody at example.com" <status@up.example>'


def test_the_records_of_the_sending_domain_are_judged(admin: HttpBrowser, home: str, zone: Zone) -> None:
    zone.records["send.up.example", "TXT"] = ["v=spf1 include:amazonses.com ~all"]
    zone.records["resend._domainkey.up.example", "TXT"] = ["p=MIGfMA0GCSq"]

    page = read(admin.get(f"{home}/settings/mails/records").text).one("ul", id="checks")

    spf, dkim, dmarc = (item.text for item in page.all("li"))
    assert spf.startswith("SPF Good")
    assert dkim.startswith("DKIM Good")
    assert dmarc.startswith("DMARC Missing")
    assert "v=DMARC1; p=none; rua=mailto:postmaster@up.example" in dmarc


def test_another_domain_is_judged_before_it_is_used_and_inherits_its_dmarc(
    admin: HttpBrowser, home: str, zone: Zone
) -> None:
    zone.records["_dmarc.northwind.example", "TXT"] = ["v=DMARC1; p=reject"]

    page = read(admin.get(f"{home}/settings/mails/records?domain=Mail.Northwind.example.").text)

    assert [item.text.split()[:2] for item in page.one("ul", id="checks").all("li")] == [
        ["SPF", "Missing"],
        ["DKIM", "Missing"],
        ["DMARC", "Good"],
    ]


def test_when_nobody_answers_nothing_is_said_of_the_domain(admin: HttpBrowser, home: str, zone: Zone) -> None:
    zone.is_away = True

    page = read(admin.get(f"{home}/settings/mails/records").text)

    assert page.one("ul", id="checks").text.count("Not known just now") == 3


def test_what_is_no_domain_is_said_beside_the_field(admin: HttpBrowser, home: str, zone: Zone) -> None:
    answer = admin.get(f"{home}/settings/mails/records?domain=not+a+domain")

    assert answer.status_code == 422
    assert "A domain looks like example.com." in answer.text
    assert zone.asked == []


def test_whether_answers_can_arrive_is_looked_up_when_the_page_is_open(
    admin: HttpBrowser, home: str, zone: Zone
) -> None:
    zone.records["northwind.example", "MX"] = ["10 mx.northwind.example."]
    save(admin, home, reply_to="help@northwind.example")

    target = read(admin.get(f"{home}/settings/mails").text).one("div", hx_trigger="load").attributes["hx-get"]

    assert "It takes mail: answers arrive." in read(admin.get(target).text).text


def test_senders_are_for_admins(editor: HttpBrowser, home: str) -> None:
    assert editor.get(f"{home}/settings/mails").status_code == 403
    assert save(editor, home, name="X") == 403
