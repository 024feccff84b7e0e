"""Double opt-in, as far as mails go: the question, who gets none, and who is told that they need none."""

import re
from datetime import timedelta

from app.delivery import sweeps
from app.incidents.actions import NewIncident, delete_incident, report_incident
from app.subscribers.actions import confirm, request_subscription, unsubscribe
from app.subscribers.errands import jobs as errands
from app.subscribers.errands.actions import begin
from app.subscribers.errands.rules import Act
from app.subscribers.listing import Filters, count_found
from app.subscribers.managing import ask_again
from app.subscribers.rules import LINK_LIFETIME, PAUSE
from app.subscribers.tokens import manage_token
from app.text.languages import PageLanguage
from app.translated.rules import OwnText
from tests.builders import Team
from tests.delivery.conftest import Ledger, PostOffice
from tests.fakes.resend import FakeResend

ADDRESS = "ada@customer.example"


def token_in(mail: dict[str, str]) -> str:
    found = re.search(r"/subscribe/confirm/(\S+)", mail["text"])
    assert found is not None
    return found.group(1)


def test_the_link_in_the_confirmation_mail_confirms(team: Team, post: PostOffice, resend: FakeResend) -> None:
    request_subscription(team.page, ADDRESS)
    post.tell()
    (mail,) = resend.mails_to(ADDRESS)

    subscriber = confirm(team.page, token_in(mail))

    assert mail["subject"] == "[Northwind Cloud] Confirm that you want status updates"
    assert subscriber.is_confirmed


def test_who_has_not_confirmed_is_told_nothing_else(team: Team, post: PostOffice, resend: FakeResend) -> None:
    request_subscription(team.page, ADDRESS)
    post.tell()

    team.incident()
    post.tell()

    assert len(resend.mails_to(ADDRESS)) == 1


def test_who_is_subscribed_already_is_told_so_and_keeps_their_choice(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    api, _ = team.service("API"), team.service("Web")
    subscriber = team.subscriber(ADDRESS, chosen=(api,))
    post.traveller.shift(PAUSE)

    request_subscription(team.page, ADDRESS)
    post.tell()

    (mail,) = resend.mails_to(ADDRESS)
    assert mail["subject"] == "[Northwind Cloud] You are subscribed already"
    assert "we write to you about API, as before" in mail["text"].replace("\n", " ")
    assert f"/northwind/subscribe/{manage_token(subscriber.id)}" in mail["text"]
    assert "/subscribe/confirm/" not in mail["text"] + mail["html"]


def test_who_is_subscribed_already_is_told_so_once_in_a_quarter_of_an_hour(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    team.subscriber(ADDRESS)
    post.traveller.shift(PAUSE)

    for _ in range(3):
        request_subscription(team.page, ADDRESS)
        post.tell()
    post.traveller.shift(PAUSE)
    request_subscription(team.page, ADDRESS)
    post.tell()

    assert len(resend.mails_to(ADDRESS)) == 2


def test_who_leaves_before_it_is_sent_is_not_told_that_they_are_subscribed(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    subscriber = team.subscriber(ADDRESS)
    post.traveller.shift(PAUSE)
    request_subscription(team.page, ADDRESS)
    post.fan_out()
    unsubscribe(team.page, manage_token(subscriber.id))

    post.send_due()

    assert resend.accepted == []


def test_only_the_last_of_two_questions_is_sent(team: Team, post: PostOffice, resend: FakeResend) -> None:
    request_subscription(team.page, ADDRESS)
    post.fan_out()
    post.traveller.shift(timedelta(hours=1))

    request_subscription(team.page, ADDRESS)
    post.tell()

    (mail,) = resend.accepted
    assert confirm(team.page, token_in(mail)).is_confirmed


def test_many_who_are_asked_again_together_get_their_own_links_in_one_request(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    team.offer("de")
    german = {PageLanguage.GERMAN: OwnText("Fehler an der Kasse")}
    incident = report_incident(NewIncident("Errors at checkout", "We look.", translations=german), by=team.actor())
    request_subscription(team.page, ADDRESS)
    request_subscription(team.page, "bob@customer.example")
    request_subscription(team.page, "eve@customer.example", incident_id=incident.id, language=PageLanguage.GERMAN)
    post.tell()
    post.traveller.shift(PAUSE)
    requests_before = len(resend.requests)

    _, newest_id = count_found(team.actor(), Filters())
    assert newest_id is not None
    errands.go_on(str(team.id), str(begin(Act.ASK, Filters(), newest_id, by=team.actor())))
    post.tell()

    assert len(resend.requests) - requests_before == 2  # of those who want everything, and of who follows one incident
    assert confirm(team.page, token_in(resend.mails_to("bob@customer.example")[-1])).is_confirmed
    follows = resend.mails_to("eve@customer.example")[-1]
    assert "Fehler an der Kasse" in follows["subject"], "in the language of whoever is asked"
    assert "Fehler an der Kasse" in " ".join(follows["text"].split())
    assert confirm(team.page, token_in(follows)).only_follows


def test_nobody_is_asked_again_about_an_incident_that_their_page_does_not_tell_of_any_more(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    incident = team.incident("Errors")
    for address in (ADDRESS, "bob@customer.example"):
        request_subscription(team.page, address, incident_id=incident.id)
    post.tell()
    post.traveller.shift(PAUSE)
    asked_before = len(resend.requests)
    delete_incident(incident.id, by=team.actor())

    _, newest_id = count_found(team.actor(), Filters())
    assert newest_id is not None
    assert ask_again([newest_id], by=team.actor()) == 1
    errands.go_on(str(team.id), str(begin(Act.ASK, Filters(), newest_id, by=team.actor())))
    post.tell()

    assert len(resend.requests) == asked_before


def test_an_address_that_was_never_confirmed_is_forgotten_with_its_delivery(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    request_subscription(team.page, ADDRESS)
    post.tell()
    post.traveller.shift(LINK_LIFETIME + sweeps.GRACE + timedelta(minutes=1))

    sweeps.forget_unconfirmed()

    assert ledger.deliveries() == []


def test_a_confirmed_address_is_not_forgotten(team: Team, post: PostOffice, ledger: Ledger) -> None:
    team.subscriber(ADDRESS)
    team.incident()
    post.tell()
    post.traveller.shift(LINK_LIFETIME + sweeps.GRACE + timedelta(minutes=1))

    sweeps.forget_unconfirmed()

    assert ledger.states() == {ADDRESS: "sent"}
