"""The development outbox: what was told can be read, and nothing of it exists in production."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.config import Environment, Settings
from app.delivery.mail import Mail, MailBatch
from app.delivery.transports.outbox import OutboxTransport

MAIL_ID = UUID("01920000-0000-7000-8000-000000000001")


@pytest.fixture
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An outbox with one mail in it, and the application looking there."""
    settings: Settings = app.extensions["upfront.settings"]
    monkeypatch.setitem(app.extensions, "upfront.settings", replace(settings, outbox_folder=str(tmp_path)))
    mail = Mail(
        id=MAIL_ID,
        to="ada@customer.example",
        subject="[Northwind] Identified: <Errors>",
        html='<p style="color:#123456">Errors</p>',
        text="Follow this incident: https://status.example/northwind\n",
    )
    list(OutboxTransport(folder=tmp_path, sender="a@up.example").send(MailBatch("batch/1", (mail,))))
    return tmp_path


def test_it_lists_mails(client: FlaskClient, folder: Path) -> None:
    page = client.get("/dev/outbox").get_data(as_text=True)

    assert "ada@customer.example" in page
    assert "[Northwind] Identified: &lt;Errors&gt;" in page


def test_it_lists_the_mails_to_one_address(client: FlaskClient, folder: Path) -> None:
    page = client.get("/dev/outbox?to=bob@customer.example").get_data(as_text=True)

    assert "Identified" not in page


def test_it_says_when_there_is_nothing(client: FlaskClient, folder: Path) -> None:
    (folder / f"{MAIL_ID}.eml").unlink()

    assert "Nothing yet" in client.get("/dev/outbox").get_data(as_text=True)


def test_a_mail_can_be_read_and_its_links_followed(client: FlaskClient, folder: Path) -> None:
    page = client.get(f"/dev/outbox/{MAIL_ID}").get_data(as_text=True)

    assert 'href="https://status.example/northwind"' in page


def test_the_html_part_is_shown_with_its_own_styles_and_no_script(client: FlaskClient, folder: Path) -> None:
    answer = client.get(f"/dev/outbox/{MAIL_ID}/html")

    assert '<p style="color:#123456">Errors</p>' in answer.get_data(as_text=True)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_a_mail_that_is_not_there_is_a_404(client: FlaskClient, folder: Path) -> None:
    assert client.get(f"/dev/outbox/{UUID(int=7)}").status_code == 404


def test_there_is_no_outbox_in_production(test_settings: Settings) -> None:
    production = create_app(replace(test_settings, environment=Environment.PRODUCTION))

    assert not [rule for rule in production.url_map.iter_rules() if rule.rule.startswith("/dev")]
