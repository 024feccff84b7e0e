"""How often anybody can have us write to one mailbox, over all organizations."""

from datetime import timedelta

import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.database.scope import system_scope
from app.mailboxes.actions import forget_asked_mailboxes, may_be_written_to
from app.mailboxes.models import AskedMailbox
from app.mailboxes.rules import MOST_IN_A_DAY, Asking

ADA = "ada@customer.example"
NOON = "2026-11-21T12:00:00Z"


def ask(address: str = ADA, kind: Asking = Asking.CONFIRMATION) -> bool:
    return may_be_written_to(kind, address)


def test_a_mailbox_is_written_to_once_in_a_quarter_of_an_hour(app: Flask):
    with time_machine.travel(NOON, tick=False) as traveller:
        at_once = [ask(), ask()]
        traveller.shift(timedelta(minutes=15) - timedelta(seconds=1))
        before = ask()
        traveller.shift(timedelta(seconds=1))

        assert (at_once, before, ask()) == ([True, False], False, True)


def test_it_holds_when_redis_is_emptied(app: Flask):
    ask()

    app.extensions["upfront.redis"].flushall()

    assert not ask()


def test_addresses_that_lead_into_one_mailbox_are_one(app: Flask):
    asked = [ask(address) for address in (ADA, "ada+status@customer.example", "ada+2@customer.example")]

    assert asked == [True, False, False]


def test_dots_make_no_other_mailbox_where_they_mean_nothing(app: Flask):
    asked = [
        ask(address) for address in ("ada.l@gmail.com", "a.dal+x@googlemail.com", "a.l@one.example", "al@one.example")
    ]

    assert asked == [True, False, True, True]


def test_other_mailboxes_and_other_kinds_are_counted_apart(app: Flask):
    ask()

    assert ask("bob@customer.example")
    assert ask(kind=Asking.ACCESS_LINK)


def test_twenty_times_a_day_is_enough(app: Flask):
    with time_machine.travel(NOON, tick=False) as traveller:
        times = []
        for _ in range(MOST_IN_A_DAY + 2):
            times.append(ask())
            traveller.shift(timedelta(minutes=15))
        traveller.shift(timedelta(days=1) - (MOST_IN_A_DAY + 2) * timedelta(minutes=15))

        assert times == [True] * MOST_IN_A_DAY + [False] * 2
        assert ask()


def test_the_table_names_nobody_and_forgets(app: Flask):
    with time_machine.travel(NOON, tick=False) as traveller:
        ask()
        with system_scope("a test looks at the table") as scope:
            (row,) = scope.session.scalars(select(AskedMailbox)).all()
        traveller.shift(timedelta(days=1))
        forget_asked_mailboxes()

    with system_scope("a test looks at the table") as scope:
        left = scope.session.scalar(select(func.count()).select_from(AskedMailbox))
    assert b"ada" not in row.mailbox_hash
    assert left == 0
