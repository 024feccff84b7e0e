"""Mails in the languages of those who get them."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from app import clock
from app.database.scope import organization_scope
from app.incidents.actions import NewIncident, report_incident
from app.incidents.merging import merge_incident
from app.subscribers.models import Subscriber, SubscriberChoice
from app.text.languages import PageLanguage
from app.translated.rules import OwnText
from tests.builders import Team
from tests.delivery.conftest import PostOffice
from tests.fakes.resend import FakeResend


def write_in(team: Team, address: str, language: PageLanguage) -> None:
    """Have a subscriber be written to in this language from now on."""
    with organization_scope(team.actor()) as scope:
        scope.session.execute(update(Subscriber).where(Subscriber.email == address).values(language=language))


def follow(team: Team, subscriber: Subscriber, *incident_ids: UUID) -> None:
    """Have a subscriber hear of these incidents."""
    with organization_scope(team.actor()) as scope:
        scope.session.add_all(
            SubscriberChoice(
                organization_id=team.id, subscriber_id=subscriber.id, incident_id=one, created_at=clock.now()
            )
            for one in incident_ids
        )


def report(team: Team) -> None:
    words = {
        PageLanguage.GERMAN: OwnText("Fehler bei der Anmeldung", "Wir sehen *viele* Fehler."),
        PageLanguage.JAPANESE: OwnText("ログインのエラー"),
    }
    report_incident(NewIncident("Errors at sign-in", "We see *many* errors.", translations=words), by=team.actor())


def test_each_subscriber_is_written_to_in_their_language(team: Team, post: PostOffice, resend: FakeResend):
    team.offer("de", "ja")
    for name, language in (("ben", None), ("dora", PageLanguage.GERMAN), ("jun", PageLanguage.JAPANESE)):
        team.subscriber(f"{name}@customer.example")
        if language:
            write_in(team, f"{name}@customer.example", language)

    report(team)
    post.tell()

    mails = {mail["to"][0].partition("@")[0]: mail for mail in resend.accepted}
    assert {name: mail["subject"].partition("] ")[2] for name, mail in mails.items()} == {
        "ben": "Investigating: Errors at sign-in",
        "dora": "Wird untersucht: Fehler bei der Anmeldung",
        "jun": "調査中: ログインのエラー",
    }
    assert "Wir sehen viele Fehler." in mails["dora"]["text"]
    assert "Diese Störung verfolgen: http" in mails["dora"]["text"]
    assert '<html lang="de"' in mails["dora"]["html"]
    assert "We see many errors." in mails["jun"]["text"], "what is not translated is told in the original"
    assert "登録を解除" in mails["jun"]["text"]


def test_what_comes_after_an_incident_names_it_in_each_language(team: Team, post: PostOffice, resend: FakeResend):
    """The mail that it was merged, and of a postmortem; here to who follows nothing but these incidents."""
    team.offer("de")
    duplicate, into = (
        report_incident(
            NewIncident(title, "We look.", notify=False, translations={PageLanguage.GERMAN: OwnText(german)}),
            by=team.actor(),
        )
        for title, german in (("Errors", "Fehler"), ("Network trouble", "Netzprobleme"))
    )
    follow(team, team.subscriber("dora@customer.example", kinds=()), duplicate.id, into.id)
    write_in(team, "dora@customer.example", PageLanguage.GERMAN)

    merge_incident(duplicate.id, into.id, notify=True, by=team.actor())
    post.tell()
    team.update(into, "resolved", notify=False)
    team.postmortem(into, notify=True)
    post.tell()

    merged, postmortem = resend.accepted
    assert merged["subject"].endswith(": Fehler")
    assert "Netzprobleme" in merged["text"]
    assert postmortem["subject"].endswith(": Netzprobleme")
    assert "“Netzprobleme”" in postmortem["text"], "this is what they asked for"
    for mail in (merged, postmortem):
        assert "Errors" not in mail["text"]
        assert "Network trouble" not in mail["text"]


def test_a_retry_is_in_the_language_of_the_first_try(team: Team, post: PostOffice, resend: FakeResend):
    team.offer("de")
    team.subscriber("dora@customer.example")
    write_in(team, "dora@customer.example", PageLanguage.GERMAN)
    report(team)
    resend.behaviour.broken = True
    post.tell()
    resend.behaviour.broken = False

    write_in(team, "dora@customer.example", PageLanguage.ENGLISH)
    post.keep_trying(timedelta(minutes=2))

    (mail,) = resend.accepted
    assert "Wird untersucht" in mail["subject"]
