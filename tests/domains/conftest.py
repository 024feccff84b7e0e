"""A page that wants a domain, and the resolver that knows about it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask

from app.database.scope import organization_scope
from app.domains import jobs
from app.domains.actions import enter_domain
from app.domains.models import PageDomain
from app.domains.queries import DomainView, get_domain_settings
from app.domains.rules import record_name, record_value
from tests.builders import Team
from tests.fakes.dns import Zone, serving

HOST = "status.customer.example"


@pytest.fixture
def zone(app: Flask) -> Iterator[Zone]:
    """What DNS knows; the application asks there."""
    before = app.extensions["upfront.settings"]
    with serving(Zone()) as running:
        app.extensions["upfront.settings"] = replace(before, dns_resolver=running.address)
        yield running
    app.extensions["upfront.settings"] = before


@dataclass
class Owner:
    """A team that gives its page a domain."""

    team: Team
    zone: Zone

    def enter(self, host: str = HOST) -> None:
        enter_domain(self.team.page.page_id, host, by=self.team.actor())

    def publish(self, host: str = HOST, *, leads_somewhere: bool = True) -> None:
        """Have both records in DNS; others' stay."""
        page_id = self.team.page.page_id
        with organization_scope(self.team.actor()) as scope:
            proof = scope.session.get_one(PageDomain, (self.team.id, page_id)).proof
        self.zone.records.setdefault((record_name(host), "TXT"), []).append(record_value(proof))
        if leads_somewhere:
            self.zone.records[host, "A"] = ["192.0.2.1"]

    def look(self) -> DomainView:
        """What a worker does, and what is then known."""
        jobs.look(str(self.team.id), str(self.team.page.page_id))
        domain = get_domain_settings(self.team.actor(), self.team.page.page_id).domain
        assert domain is not None
        return domain

    def settle(self, host: str = HOST) -> None:
        """Have the domain."""
        self.enter(host)
        self.publish(host)
        self.look()


@pytest.fixture
def owner(team: Team, zone: Zone) -> Owner:
    return Owner(team, zone)
