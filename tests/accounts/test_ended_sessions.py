"""What is left of a session that time has ended."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.accounts.actions import Browser, forget_ended_sessions, sign_in
from app.accounts.models import SignInSession
from app.accounts.rules import Claims
from app.database.scope import system_scope

ADA = Claims("https://accounts.example", "ada", "ada@northwind.example", "Ada")


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(("days", "left"), [(13, 1), (15, 0), (31, 0)])
def test_a_session_is_kept_as_long_as_it_opens_something(days: int, left: int):
    sign_in(ADA, Browser("Firefox", "203.0.113.9"))

    with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
        forget_ended_sessions()

    assert count_sessions() == left


def test_one_in_use_ends_with_its_longest_time(app: Flask):
    sign_in(ADA, Browser("Firefox", "203.0.113.9"))
    later = clock.now() + timedelta(days=31)
    with system_scope("a test uses the session until the end") as scope:
        scope.session.scalars(select(SignInSession)).one().last_seen_at = later

    with time_machine.travel(later, tick=False):
        forget_ended_sessions()

    assert count_sessions() == 0


def count_sessions() -> int:
    with system_scope("a test looks at sessions") as scope:
        return scope.session.scalar(select(func.count()).select_from(SignInSession)) or 0
