"""Reminders of open incidents: to the one who handles it, else to all who can write; and never after somebody has."""

from datetime import timedelta

import pytest

from app.database.actor import Actor
from app.database.scope import organization_scope
from app.incidents.models import Incident, IncidentUpdate
from app.organizations.rules import Role
from tests.builders import Person, Team
from tests.delivery.conftest import Ledger, PostOffice
from tests.fakes.resend import FakeResend


def remind(team: Team, incident: Incident, verb: str = "forgotten", hours: int = 3) -> None:
    """What the clock emits when it is time."""
    with organization_scope(Actor.clock(team.id)) as scope:
        newest = scope.session.query(IncidentUpdate).order_by(IncidentUpdate.id.desc()).first()
        assert newest is not None
        said = {"incident_id": str(incident.id), "update_id": str(newest.id), "hours": hours}
        scope.emit(f"incident.{verb}", said)


def hand_to(team: Team, incident: Incident, person: Person) -> None:
    with organization_scope(team.actor()) as scope:
        scope.lock(Incident, incident.id).handler_user_id = person.user_id


def silent_incident(team: Team) -> Incident:
    return team.incident("Errors at checkout", notify=False)


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("update_due", "An update is due"),
        ("update_overdue", "The promised update is late"),
        ("forgotten", "Still open, and nothing said"),
    ],
)
def test_each_reminder_says_what_to_do_and_where(
    team: Team, post: PostOffice, resend: FakeResend, verb: str, words: str
) -> None:
    incident = silent_incident(team)

    remind(team, incident, verb)
    post.tell()

    (mail,) = resend.accepted
    assert mail["subject"] == f"[Northwind Cloud] {words}: Errors at checkout"
    assert f"http://localhost/dashboard/northwind/incidents/{incident.id}" in mail["text"]


def test_the_handler_alone_is_reminded(team: Team, post: PostOffice, resend: FakeResend) -> None:
    jonas = team.member(Role.EDITOR)
    incident = silent_incident(team)
    hand_to(team, incident, jonas)

    remind(team, incident)
    post.tell()

    assert resend.recipients == [jonas.email]
    assert "You handle this incident." in resend.accepted[0]["text"]


def test_without_a_handler_admins_and_editors_are_reminded_and_viewers_and_subscribers_are_not(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    jonas, _ = team.member(Role.EDITOR), team.member(Role.VIEWER)
    team.subscriber()

    remind(team, silent_incident(team))
    post.tell()

    assert sorted(resend.recipients) == sorted([team.founder.email, jonas.email])


def test_a_handler_who_may_only_look_by_now_leaves_it_to_the_others(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    incident = silent_incident(team)
    hand_to(team, incident, team.member(Role.VIEWER))

    remind(team, incident)
    post.tell()

    assert resend.recipients == [team.founder.email]


def test_nobody_is_reminded_after_an_update_was_posted(team: Team, post: PostOffice, resend: FakeResend) -> None:
    incident = silent_incident(team)
    remind(team, incident)
    post.fan_out()
    team.update(incident, notify=False)

    post.send_due()

    assert resend.accepted == []


def test_nobody_is_reminded_of_what_is_resolved(team: Team, post: PostOffice, resend: FakeResend) -> None:
    incident = silent_incident(team)
    remind(team, incident)
    team.update(incident, "resolved", notify=False)

    post.tell()

    assert resend.accepted == []


def test_of_reminders_that_waited_only_the_last_is_sent(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    incident = silent_incident(team)
    resend.behaviour.vanish_before = True
    for verb in ("update_due", "update_overdue", "forgotten"):
        remind(team, incident, verb)
        post.keep_trying(timedelta(minutes=5))

    resend.behaviour.vanish_before = False
    post.keep_trying(timedelta(minutes=10))

    assert [mail["subject"].partition("] ")[2] for mail in resend.accepted] == [
        "Still open, and nothing said: Errors at checkout"
    ]


def test_a_reminder_takes_the_place_of_no_mail_to_subscribers(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber("ada@customer.example")
    incident = team.incident()
    post.fan_out()
    remind(team, incident)

    post.tell()

    assert sorted(resend.recipients) == sorted(["ada@customer.example", team.founder.email])
