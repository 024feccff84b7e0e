"""From a reported incident to mails in hands: who is told, what, and how often."""

from datetime import timedelta

from app import clock
from app.incidents.actions import NewIncident, report_incident
from app.incidents.rules import Impact, Stage
from tests.builders import Team, World
from tests.delivery.conftest import Ledger, PostOffice
from tests.fakes.resend import FakeResend


def test_a_reported_incident_is_told_to_each_subscriber_in_a_mail_of_their_own(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    api = team.service("API")
    team.subscriber("ada@customer.example")
    team.subscriber("bob@customer.example")

    team.incident("Elevated error rates on the API", affects={api: "partial_outage"})
    post.tell()

    assert sorted(mail["to"] for mail in resend.accepted) == [["ada@customer.example"], ["bob@customer.example"]]
    subject = "[Northwind Cloud] Investigating: Elevated error rates on the API"
    assert {mail["subject"] for mail in resend.accepted} == {subject}


def test_only_those_are_told_who_chose_an_affected_service_or_all(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    api, web = team.service("API"), team.service("Web")
    team.subscriber("all@customer.example")
    team.subscriber("api@customer.example", chosen=(api,))
    team.subscriber("both@customer.example", chosen=(api, web))
    team.subscriber("web@customer.example", chosen=(web,))

    team.incident(affects={api: "major_outage"})
    post.tell()

    assert sorted(resend.recipients) == ["all@customer.example", "api@customer.example", "both@customer.example"]


def test_a_mail_says_what_its_reader_chose(team: Team, post: PostOffice, resend: FakeResend) -> None:
    services = [team.service(name) for name in ("API", "Dashboard", "Search")]
    team.subscriber("all@customer.example")
    team.subscriber("some@customer.example", chosen=tuple(services))

    team.incident(affects={services[0]: "major_outage"})
    post.tell()

    (to_all,) = resend.mails_to("all@customer.example")
    (to_some,) = resend.mails_to("some@customer.example")
    assert "You asked Northwind Cloud to tell you about all its services." in to_all["text"]
    assert "You asked Northwind Cloud to tell you about API, Dashboard and 1 more." in to_some["text"].replace(
        "\n", " "
    )


def test_a_silent_update_is_told_to_nobody(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()

    incident = team.incident(notify=False)
    team.update(incident, notify=False)
    post.tell()

    assert resend.accepted == []


def test_an_organizations_subscribers_hear_nothing_of_another_organization(
    team: Team, world: World, post: PostOffice, resend: FakeResend
) -> None:
    other = world.team("Southwind")
    team.subscriber("ours@customer.example")
    other.subscriber("theirs@customer.example")

    team.incident("Ours")
    post.tell()

    assert resend.recipients == ["ours@customer.example"]


def test_an_event_taken_up_twice_is_told_once(team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger) -> None:
    from app.delivery import jobs

    team.subscriber()
    team.incident()
    post.tell()
    (notification,) = ledger.notifications()

    jobs.fan_out(str(team.id), str(notification.event_id))
    post.send_due()

    assert len(resend.accepted) == 1
    assert len(ledger.deliveries()) == 1


def test_a_mail_promises_what_its_own_message_promised(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber("ada@customer.example")
    new = NewIncident(
        "Errors", "We look.", Stage.INVESTIGATING, Impact.MINOR, {}, next_update_at=clock.now() + timedelta(hours=1)
    )
    incident = report_incident(new, by=team.actor())
    post.tell()

    team.update(incident)
    post.tell()

    first, second = resend.mails_to("ada@customer.example")
    assert "Next update by" in first["text"]
    assert "Next update by" not in second["text"]


def test_an_update_tells_what_was_said_before(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber("ada@customer.example")
    incident = team.incident(message="We see errors.")
    post.tell()

    team.update(incident, "identified", "A deployment was at fault.")
    post.tell()

    _, second = resend.mails_to("ada@customer.example")
    assert "A deployment was at fault." in second["text"]
    assert "Earlier" in second["text"]
    assert "We see errors." in second["text"]
