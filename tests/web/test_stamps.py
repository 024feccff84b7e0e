"""The trap for robots: a form that comes too quickly, or without what our page gave, is asked once more."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import clock
from app.database.scope import system_scope
from app.subscribers.models import Subscriber
from app.web.stamps import is_ripe, kept_stamp, new_stamp
from tests.blueprints.reading import read
from tests.builders import Team


@pytest.mark.parametrize(("after", "ripe"), [(1, False), (2, True), (3_600, True), (3_601, False), (-5, False)])
def test_a_stamp_is_ripe_after_two_seconds_for_an_hour(app: Flask, after: int, ripe: bool):
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False) as traveller:
        stamp = new_stamp()
        traveller.shift(timedelta(seconds=after))

        assert is_ripe(stamp) is ripe


@pytest.mark.parametrize("stamp", [None, "", "x", "6920f2c0.", "6920f2c0." + "0" * 32, ".", "zz." + "0" * 32, "é" * 99])
def test_nobody_makes_a_stamp_but_us(app: Flask, stamp: str | None):
    assert not is_ripe(stamp)
    assert kept_stamp(stamp) != stamp


def test_a_form_that_comes_too_quickly_is_asked_once_more_and_loses_nothing(client: FlaskClient, team: Team):
    with time_machine.travel(clock.now(), tick=False) as traveller:
        stamp = client.get("/northwind/subscribe/stamp").text
        first = client.post("/northwind/subscribe", data={"email": "ada@customer.example", "stamp": stamp})
        before = how_many()
        traveller.shift(timedelta(seconds=2))
        again = client.post("/northwind/subscribe", data=read(first.text).one("form", method="post").fields())

    assert "Press once more" in first.text
    assert read(first.text).one("input", name="stamp").value == stamp
    assert "Check your inbox" in again.text
    assert (before, how_many()) == (0, 1)


def test_without_a_script_it_takes_one_button_more(client: FlaskClient, team: Team):
    with time_machine.travel(clock.now(), tick=False) as traveller:
        form = {"email": "ada@customer.example", "stamp": ""}
        asked = client.post("/northwind/subscribe", data=form)
        traveller.shift(timedelta(seconds=3))
        sent = client.post("/northwind/subscribe", data=read(asked.text).one("form", method="post").fields())

    assert "Yes, subscribe" in asked.text
    assert "Check your inbox" in sent.text


def test_what_is_asked_once_more_is_the_same_for_every_address(client: FlaskClient, team: Team):
    team.subscriber("ada@customer.example")

    known, unknown = (
        client.post("/northwind/subscribe", data={"email": address}).text.replace(address, "…")
        for address in ("ada@customer.example", "eve@customer.example")
    )

    assert without_stamp(known) == without_stamp(unknown)


def without_stamp(html: str) -> str:
    return html.replace(read(html).one("input", name="stamp").value, "…")


def how_many() -> int:
    with system_scope("a test counts subscribers") as scope:
        return scope.session.scalar(select(func.count()).select_from(Subscriber)) or 0
