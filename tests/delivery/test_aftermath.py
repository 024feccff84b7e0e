"""Mergers and postmortems in mails: to whoever heard of the incident, once, and only while they stand."""

from app.incidents.merging import merge_incident
from app.incidents.postmortems.actions import withdraw_postmortem
from tests.builders import Team
from tests.delivery.conftest import PostOffice
from tests.fakes.resend import FakeResend


def last_subject(resend: FakeResend) -> str:
    return str(resend.accepted[-1]["subject"])


def test_a_merger_leads_those_who_heard_of_the_duplicate_to_the_other_incident(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    api, web = team.service("API"), team.service("Web")
    team.subscriber("api@customer.example", chosen=(api,))
    team.subscriber("web@customer.example", chosen=(web,))
    duplicate = team.incident("API is slow", affects={api: "degraded_performance"})
    into = team.incident("Network trouble", affects={web: "major_outage"})
    post.tell()

    merge_incident(duplicate.id, into.id, notify=True, by=team.actor())
    post.tell()

    (_, mail) = resend.mails_to("api@customer.example")
    assert mail["subject"] == "[Northwind Cloud] Same as another incident: API is slow"
    assert f"/northwind/incidents/{into.id}" in mail["text"]
    assert "“Network trouble”" in mail["text"]
    assert len(resend.mails_to("web@customer.example")) == 1


def test_a_merger_takes_the_place_of_what_was_not_sent_of_the_duplicate(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    team.subscriber()
    duplicate, into = team.incident("API is slow"), team.incident("Network trouble", notify=False)
    post.fan_out()
    merge_incident(duplicate.id, into.id, notify=True, by=team.actor())

    post.tell()

    assert len(resend.accepted) == 1
    assert last_subject(resend).endswith("Same as another incident: API is slow")


def test_a_silent_merger_is_told_to_nobody(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()
    duplicate, into = team.incident(notify=False), team.incident(notify=False)

    merge_incident(duplicate.id, into.id, notify=False, by=team.actor())
    post.tell()

    assert resend.accepted == []


def test_a_merger_into_an_incident_that_is_deleted_is_not_told(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    team.subscriber()
    duplicate, into = team.incident(notify=False), team.incident(notify=False)
    merge_incident(duplicate.id, into.id, notify=True, by=team.actor())
    post.fan_out()
    team.delete(into)

    post.send_due()

    assert resend.accepted == []


def test_a_postmortem_is_told_with_its_beginning_and_where_to_read_on(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    team.subscriber()
    incident = team.incident("Errors at checkout", notify=False)
    team.update(incident, "resolved", notify=False)

    team.postmortem(incident, "A disk was **full**.\n\n" + "More of it. " * 200, notify=True)
    post.tell()

    (mail,) = resend.accepted
    assert mail["subject"] == "[Northwind Cloud] What happened: Errors at checkout"
    assert "A disk was full." in mail["text"]
    assert f"http://localhost/northwind/incidents/{incident.id}/postmortem" in mail["text"]
    assert mail["text"].count("More of it.") < 60


def test_a_postmortem_that_was_withdrawn_is_not_told(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()
    incident = team.incident(notify=False)
    team.update(incident, "resolved", notify=False)
    team.postmortem(incident, notify=True)
    post.fan_out()
    withdraw_postmortem(incident.id, by=team.actor())

    post.send_due()

    assert resend.accepted == []


def test_a_silent_postmortem_is_told_to_nobody(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()
    incident = team.incident(notify=False)
    team.update(incident, "resolved", notify=False)

    team.postmortem(incident)
    post.tell()

    assert resend.accepted == []


def test_a_postmortem_takes_no_mails_place_that_says_it_is_over(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    team.subscriber()
    incident = team.incident("Errors at checkout", notify=False)
    team.resolve(incident)
    team.postmortem(incident, notify=True)

    post.tell()

    assert sorted(mail["subject"] for mail in resend.accepted) == [
        "[Northwind Cloud] Resolved: Errors at checkout",
        "[Northwind Cloud] What happened: Errors at checkout",
    ]
