"""A domain from being entered to being let go, with a real resolver to ask."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.domains import jobs
from app.domains.actions import ask_for_look, remove_domain
from app.domains.queries import find_slug_at
from app.domains.rules import LEADS_NOWHERE, NO_RECORD, NOBODY_ANSWERED, PROVED_TWICE, DomainState
from app.errors import Conflict, Invalid
from app.pages.finding import get_page
from tests.blueprints.public.conftest import Mailbox
from tests.builders import Team, World
from tests.domains.conftest import HOST, Owner


def test_a_domain_waits_for_its_record(owner: Owner):
    owner.enter()

    domain = owner.look()

    assert (domain.state, domain.fault, domain.is_looked_for) == (DomainState.PENDING, NO_RECORD, True)
    assert find_slug_at(HOST) is None


def test_with_its_records_the_page_is_there_and_only_there(owner: Owner):
    before = owner.team.page
    owner.enter()
    owner.publish()

    domain = owner.look()

    page = get_page("northwind")
    assert (domain.state, domain.fault, find_slug_at(HOST)) == (DomainState.VERIFIED, "", "northwind")
    assert (before.home, before.url) == ("/northwind", "http://localhost/northwind")
    assert (page.home, page.url) == ("", f"http://{HOST}")


def test_a_host_that_leads_nowhere_has_to_wait(owner: Owner):
    owner.enter()
    owner.publish(leads_somewhere=False)

    assert owner.look().fault == LEADS_NOWHERE


def test_a_resolver_that_is_away_takes_nothing_from_anybody(owner: Owner):
    owner.settle()
    owner.zone.is_away = True

    domain = owner.look()

    assert (domain.state, domain.fault) == (DomainState.VERIFIED, NOBODY_ANSWERED)
    assert find_slug_at(HOST) == "northwind"


def test_a_domain_without_its_record_is_let_go_after_a_week(owner: Owner):
    with time_machine.travel(clock.now(), tick=False) as traveller:
        owner.settle()
        owner.zone.records.clear()
        traveller.shift(timedelta(days=6, hours=23))
        lost = owner.look()
        still_there = find_slug_at(HOST)
        traveller.shift(timedelta(hours=1))

        gone = owner.look()

    assert (lost.state, still_there) == (DomainState.LOST, "northwind")
    assert (gone.state, find_slug_at(HOST)) == (DomainState.PENDING, None)
    assert get_page("northwind").home == "/northwind"


def test_after_a_week_nobody_looks_by_themselves(owner: Owner):
    with time_machine.travel(clock.now(), tick=False) as traveller:
        owner.enter()
        traveller.shift(timedelta(days=7))

        given_up = owner.look().is_looked_for
        ask_for_look(owner.team.page.page_id, by=owner.team.actor())

        assert (given_up, owner.look().is_looked_for) == (False, True)


def test_the_clock_looks_at_what_is_due_also_without_a_bell(owner: Owner, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.domains.bell.ring", lambda *page: False)
    owner.enter()
    owner.publish()

    jobs.look_for_due()
    asked = len(owner.zone.asked)
    jobs.look_for_due()

    assert find_slug_at(HOST) == "northwind"
    assert len(owner.zone.asked) == asked


def test_entering_a_domain_tells_nothing_of_who_has_it(owner: Owner, world: World):
    owner.settle()
    other = Owner(world.team("Contoso", "contoso"), owner.zone)

    other.enter()
    unproved = other.look()

    assert (unproved.state, unproved.fault) == (DomainState.PENDING, NO_RECORD)


def test_who_proves_a_domain_gets_it_from_who_does_not_any_more(owner: Owner, world: World):
    owner.settle()
    other = Owner(world.team("Contoso", "contoso"), owner.zone)
    other.enter()
    other.publish()
    while_both_prove_it = other.look().fault

    owner.zone.records[f"_upfront.{HOST}", "TXT"].pop(0)
    other.look()

    assert while_both_prove_it == PROVED_TWICE
    assert find_slug_at(HOST) == "contoso"
    assert get_page("northwind").domain is None


def test_a_removed_domain_leads_nowhere(owner: Owner):
    owner.settle()

    remove_domain(owner.team.page.page_id, by=owner.team.actor())

    assert find_slug_at(HOST) is None
    assert get_page("northwind").url == "http://localhost/northwind"


def test_a_page_has_one_domain(owner: Owner):
    owner.settle()

    with pytest.raises(Conflict):
        owner.enter("other.customer.example")


def test_what_is_no_domain_is_refused(team: Team, owner: Owner):
    with pytest.raises(Invalid) as refused:
        owner.enter("localhost")

    assert "host" in refused.value.faults


def test_admins_are_told_once_when_the_record_goes_and_when_the_domain_does(owner: Owner):
    mailbox = Mailbox()
    with time_machine.travel(clock.now(), tick=False) as traveller:
        owner.settle()
        mailbox.receive()
        owner.zone.records.clear()
        traveller.shift(timedelta(hours=6))
        owner.look()
        owner.look()
        missing = mailbox.receive()
        traveller.shift(timedelta(days=7))
        owner.look()
        gone = mailbox.receive()

    assert [mail.to for mail in (*missing, *gone)] == [owner.team.founder.email] * 2
    assert f"The record of your domain is missing: {HOST}" in missing[0].subject
    assert f"_upfront.{HOST}" in missing[0].text
    assert f"Your page has left its domain: {HOST}" in gone[0].subject


def test_nobody_is_told_of_a_record_that_is_there_again(owner: Owner):
    mailbox = Mailbox()
    owner.settle()
    records = dict(owner.zone.records)
    owner.zone.records.clear()
    owner.look()
    owner.zone.records.update(records)
    owner.look()

    assert mailbox.receive() == []
