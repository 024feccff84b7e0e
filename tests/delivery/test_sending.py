"""One batch at a time: whose turn it is, what each answer means, and what is written down."""

from datetime import timedelta

import pytest

from app import clock
from app.database.scope import organization_scope
from app.delivery import sending
from app.delivery.fan_out import write_chunk
from app.delivery.notify import notify
from app.delivery.rules import GIVE_UP_AFTER, BatchState
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState
from tests.builders import Team, World
from tests.delivery.conftest import Ledger, PostOffice
from tests.fakes.resend import FakeResend


def unsubscribe(team: Team, subscriber: Subscriber) -> None:
    with organization_scope(team.actor()) as scope:
        scope.get(Subscriber, subscriber.id).state = SubscriberState.UNSUBSCRIBED


def test_a_small_organization_does_not_wait_for_the_whole_of_a_big_one(
    team: Team, world: World, post: PostOffice, resend: FakeResend
) -> None:
    small = world.team("Small")
    for number in range(350):
        team.subscriber(f"big{number}@customer.example")
    small.subscriber("small@customer.example")
    team.incident()
    small.incident()
    post.fan_out()

    post.send_one()
    post.send_one()

    assert resend.mails_to("small@customer.example")


def test_two_workers_never_take_the_same_batch(team: Team, post: PostOffice) -> None:
    team.subscriber()
    team.incident()
    post.fan_out()

    first, second = sending.claim_next(), sending.claim_next()

    assert first is not None
    assert second is None


def test_a_batch_whose_worker_died_is_taken_again_when_its_lease_ran_out(team: Team, post: PostOffice) -> None:
    team.subscriber()
    team.incident()
    post.fan_out()
    first = sending.claim_next()

    post.traveller.shift(sending.LEASE + timedelta(seconds=1))
    second = sending.claim_next()

    assert first is not None
    assert second is not None
    assert (second.batch_id, second.attempt) == (first.batch_id, 2)


def test_a_worker_that_comes_back_after_its_lease_leaves_the_batch_to_the_next(
    team: Team, post: PostOffice, ledger: Ledger
) -> None:
    team.subscriber()
    team.incident()
    post.fan_out()
    slow = sending.claim_next()
    post.traveller.shift(sending.LEASE + timedelta(seconds=1))
    sending.claim_next()
    assert slow is not None

    sending.finish(slow, None)

    assert ledger.batches()[0].state is BatchState.SENDING


def test_an_address_that_the_provider_refuses_keeps_nobody_else_from_their_mail(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    team.subscriber("good@customer.example")
    team.subscriber("bad@customer.example")
    resend.behaviour.reject["bad@customer.example"] = "This address does not exist."
    team.incident()

    post.tell()

    assert resend.recipients == ["good@customer.example"]
    assert ledger.states() == {"good@customer.example": "sent", "bad@customer.example": "failed"}
    (failed,) = (delivery for delivery in ledger.deliveries() if delivery.error)
    assert failed.error == "This address does not exist."


def test_a_refusal_of_the_batch_is_final_and_kept(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    team.subscriber()
    resend.behaviour.answer_all = (403, {"name": "invalid_api_key", "message": "API key is invalid"})
    team.incident()

    post.keep_trying(timedelta(minutes=10))

    assert len(resend.requests) == 1
    (delivery,) = ledger.deliveries()
    assert (delivery.state.value, delivery.error) == ("failed", "403: API key is invalid")
    assert ledger.batches()[0].state is BatchState.FAILED


def test_retry_after_is_honoured(team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger) -> None:
    team.subscriber()
    resend.behaviour.requests_per_second = 0
    resend.behaviour.retry_after = "120"
    team.incident()

    before = clock.now()
    post.tell()

    (batch,) = ledger.batches()
    assert batch.state is BatchState.READY
    assert batch.next_attempt_at >= before + timedelta(seconds=120)


def test_after_a_day_of_trying_the_failure_is_final_and_says_why(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    team.subscriber()
    resend.behaviour.broken = True
    team.incident()
    post.tell()

    post.traveller.shift(GIVE_UP_AFTER)
    post.tell()

    (delivery,) = ledger.deliveries()
    assert (delivery.state.value, delivery.error) == ("failed", "500: Something broke at the provider.")
    assert ledger.batches()[0].state is BatchState.FAILED


def test_who_unsubscribes_before_the_first_try_gets_no_mail(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    leaving = team.subscriber("leaving@customer.example")
    team.subscriber("staying@customer.example")
    team.incident()
    post.fan_out()

    unsubscribe(team, leaving)
    post.send_due()

    assert resend.recipients == ["staying@customer.example"]
    assert ledger.states()["leaving@customer.example"] == "superseded"


def test_a_retry_has_the_same_mails_whoever_unsubscribed_meanwhile(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    leaving = team.subscriber("leaving@customer.example")
    team.subscriber("staying@customer.example")
    resend.behaviour.vanish_after = 1
    team.incident()
    post.tell()

    unsubscribe(team, leaving)
    post.keep_trying(timedelta(minutes=1))

    assert resend.statuses() == [0, 200]
    assert len(resend.accepted) == 2


def test_an_update_takes_the_place_of_one_that_was_not_sent_yet(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    team.subscriber("ada@customer.example")
    incident = team.incident()
    post.fan_out()

    team.update(incident, "identified")
    post.tell()

    (mail,) = resend.mails_to("ada@customer.example")
    assert "Identified" in mail["subject"]
    assert [delivery.state.value for delivery in ledger.deliveries()] == ["superseded", "sent"]


def test_who_only_chose_a_service_of_the_replaced_update_is_told_by_the_later_one(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    api, web = team.service("API"), team.service("Web")
    team.subscriber("api@customer.example", chosen=(api,))
    incident = team.incident(affects={api: "major_outage"})
    post.fan_out()

    team.update(incident, "identified", affects={web: "major_outage"})
    post.tell()

    (mail,) = resend.mails_to("api@customer.example")
    assert "Identified" in mail["subject"]


def test_events_taken_up_in_the_wrong_order_still_reach_everybody_once(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    api, web = team.service("API"), team.service("Web")
    team.subscriber("api@customer.example", chosen=(api,))
    team.subscriber("web@customer.example", chosen=(web,))
    incident = team.incident(affects={api: "major_outage"})
    team.update(incident, "identified", affects={web: "major_outage"})
    created, updated = post.waiting_events()

    for event_id in (updated.id, created.id, updated.id):
        post.take_up(team.id, event_id)
    post.send_due()

    assert sorted(resend.recipients) == ["api@customer.example", "web@customer.example"]
    assert all("Identified" in mail["subject"] for mail in resend.accepted)


def test_what_was_not_sent_when_an_incident_was_resolved_silently_is_not_sent_any_more(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    team.subscriber()
    incident = team.incident()
    post.fan_out()

    team.update(incident, "resolved", "It works again.", notify=False)
    post.tell()

    assert resend.accepted == []


def test_nobody_is_told_of_a_deleted_incident(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()
    incident = team.incident()
    post.fan_out()

    team.delete(incident)
    post.tell()

    assert resend.accepted == []


def test_a_resolved_incident_is_told_as_resolved(team: Team, post: PostOffice, resend: FakeResend) -> None:
    api = team.service("API")
    team.subscriber("ada@customer.example")
    incident = team.incident(affects={api: "major_outage"})
    post.tell()

    team.resolve(incident)
    post.tell()

    first, second = resend.mails_to("ada@customer.example")
    assert "INVESTIGATING, major outage" in first["text"]
    assert second["text"].startswith("RESOLVED\n")


def test_someone_who_confirms_between_two_chunks_is_told_once(
    team: Team, post: PostOffice, resend: FakeResend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.delivery.fan_out.CHUNK", 2)
    for _ in range(3):
        team.subscriber()
    team.incident()
    (event,) = post.waiting_events()
    (notification_id,) = notify(team.id, event.id)
    write_chunk(team.id, notification_id)

    team.subscriber("late@customer.example")
    while not write_chunk(team.id, notification_id).finished:
        pass
    post.send_due()

    assert len(resend.recipients) == len(set(resend.recipients)) == 4


def test_a_fault_of_ours_is_written_down_and_the_batch_tried_again(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.subscriber()
    team.incident()
    post.fan_out()
    with monkeypatch.context() as broken:
        broken.setattr("app.delivery.notices.incidents.incident_mails", lambda notice: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            post.send_one()

    (batch,) = ledger.batches()
    post.keep_trying(timedelta(minutes=1))

    assert (batch.state, batch.last_error) == (BatchState.READY, "ZeroDivisionError: division by zero")
    assert len(resend.accepted) == 1
