"""Giving a page a domain of its own: entering it, proving it, and letting it go (decision 0028)."""

import secrets
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope, system_scope
from app.domains import bell
from app.domains.models import PageDomain
from app.domains.rules import (
    CHECK_AGAIN,
    ENTERED,
    LOST_FOR,
    MISSING,
    NOBODY_ANSWERED,
    PENDING_FOR,
    RELEASED,
    Found,
    check_host,
    judge,
    pause_after,
)
from app.errors import Conflict, Invalid, NotFound
from app.extensions import settings
from app.organizations.membership import check_still_admin
from app.pages.models import Page

log = structlog.get_logger(__name__)

PROOF_BYTES = 16

CHANGED = "page.domain_changed"
"""The event; from now on the page is somewhere else."""


def enter_domain(page_id: UUID, host: str, *, by: Actor) -> None:
    """Say which domain a page is to have. It is looked for from then on, and the page moves there when it is proved.

    Whether somebody else has it makes no difference: until it is proved, nobody learns that from us.

    Args:
        page_id: of a page without a domain, or whose domain is not proved.
        host: went through `rules.normalize_host`.
        by: an admin.

    Raises:
        Invalid: it is no domain that anybody could own, or ours.
        Conflict: the page has a domain.
        NotFound: no such page.
        Denied: whoever asks is no admin any more.
    """
    if fault := check_host(host, our_host=urlsplit(settings.base_url).hostname or ""):
        raise Invalid({"host": fault})
    with organization_scope(by) as scope:
        check_still_admin(scope)
        page, domain, now = scope.lock(Page, page_id), _find(scope, page_id), clock.now()
        if page.domain is not None:
            raise Conflict("This page has a domain already. Remove that one first.")
        before = domain.host if domain is not None else None
        if domain is None:
            domain = PageDomain(organization_id=page.organization_id, page_id=page.id)
            scope.session.add(domain)
        if before != host:
            domain.host, domain.proof = host, secrets.token_hex(PROOF_BYTES)
            domain.checked_at = domain.found_at = None
            domain.fault = ""
        domain.entered_at, domain.next_check_at = now, now
        scope.record(ENTERED, name=page.name, subject_id=page_id, changes={"domain": (before, host)})
        scope.emit(ENTERED, {"page_id": str(page_id)}, visible=False)


def ask_for_look(page_id: UUID, *, by: Actor) -> None:
    """Have a domain looked for at once, and by itself for another week.

    Raises:
        NotFound: no such page, or it wants no domain.
        Denied: whoever asks is no admin any more.
    """
    with organization_scope(by) as scope:
        check_still_admin(scope)
        page, domain = scope.lock(Page, page_id), _find(scope, page_id, lock=True)
        if domain is None:
            raise NotFound
        domain.entered_at = domain.entered_at if domain.verified_at else clock.now()
        domain.next_check_at = clock.now()
        scope.record("page.domain_asked", name=page.name, subject_id=page_id, changes={"domain": (None, domain.host)})
    bell.ring(by.organization_id, page_id)


def remove_domain(page_id: UUID, *, by: Actor) -> None:
    """Take a page's domain away: the page is at its address with us again, at once.

    Raises:
        NotFound: no such page, or it has no domain and wants none.
        Denied: whoever asks is no admin any more.
    """
    with organization_scope(by) as scope:
        check_still_admin(scope)
        page, domain = scope.lock(Page, page_id), _find(scope, page_id, lock=True)
        if domain is None:
            raise NotFound
        was_there, page.domain = page.domain is not None, None
        scope.record("page.domain_removed", name=page.name, subject_id=page_id, changes={"domain": (domain.host, None)})
        scope.session.delete(domain)
        scope.emit(CHANGED, {"page_id": str(page_id)}, visible=was_there)


def note_look(organization_id: UUID, page_id: UUID, host: str, found: Found | None) -> None:
    """Write down what a look for a domain has found, and give the domain to the page or take it away by that.

    Args:
        organization_id: whose page.
        page_id: the page that wants it.
        host: what was looked for; if it wants another by now, nothing is done.
        found: None when nobody answered: that says nothing of the domain.
    """
    if found is not None:
        _take_from_who_lost_it(organization_id, page_id, host, found)
    try:
        with system_scope(
            "a worker proves domains of all organizations", acting=Actor.worker(organization_id)
        ) as scope:
            _note(scope, page_id, host, found)
    except IntegrityError:  # another page has just got it: the next look finds that out
        log.warning("domains.taken_meanwhile", host=host)


def _note(scope: Scope, page_id: UUID, host: str, found: Found | None) -> None:
    page, domain, now = scope.find(Page, page_id, lock=True), _find(scope, page_id, lock=True), clock.now()
    if page is None or domain is None or domain.host != host:
        return
    domain.checked_at = now
    if found is None:
        domain.fault = domain.fault or NOBODY_ANSWERED
        domain.next_check_at = _next_look(domain, now)
        return
    is_verified = domain.verified_at is not None
    verdict = judge(found, domain.proof, is_verified=is_verified, others_proof=_proof_of_other(scope, page_id, host))
    is_news, domain.fault = verdict.fault != domain.fault, verdict.fault
    if verdict.is_proved:
        domain.found_at = now
        if not is_verified:
            domain.verified_at, page.domain = now, host
            _tell(scope, page, "page.domain_verified", (None, host))
    elif is_verified and domain.found_at is not None and now - domain.found_at >= LOST_FOR:
        _release(scope, page, domain)
    elif is_verified and is_news:
        scope.emit(MISSING, {"page_id": str(page_id)}, visible=False)
    domain.next_check_at = _next_look(domain, now)


def _next_look(domain: PageDomain, now: datetime) -> datetime | None:
    if domain.verified_at is not None:
        return now + CHECK_AGAIN
    return now + pause_after(domain.entered_at, now) if now - domain.entered_at < PENDING_FOR else None


def _take_from_who_lost_it(organization_id: UUID, page_id: UUID, host: str, found: Found) -> None:
    """Whoever proves a domain gets it at once from a page that does not prove it any more."""
    with system_scope("two organizations may want one domain") as scope:
        mine = scope.session.scalar(select(PageDomain).filter_by(organization_id=organization_id, page_id=page_id))
        other = scope.session.scalar(select(Page).where(Page.domain == host, Page.id != page_id))
    if mine is None or other is None or mine.host != host:
        return
    with system_scope("a domain goes to whom it belongs", acting=Actor.worker(other.organization_id)) as scope:
        page, theirs = scope.find(Page, other.id, lock=True), _find(scope, other.id, lock=True)
        if page is None or theirs is None or page.domain != host:
            return
        if (
            judge(found, mine.proof, is_verified=False, others_proof=None).is_proved
            and not judge(found, theirs.proof, is_verified=True, others_proof=None).is_proved
        ):
            _release(scope, page, theirs)


def _release(scope: Scope, page: Page, domain: PageDomain) -> None:
    page.domain = None
    domain.verified_at = domain.found_at = domain.next_check_at = None
    domain.fault = f"The record that proves {domain.host} is gone, so the page is at its address with us again."
    log.info("domains.released", host=domain.host, page_id=str(page.id))
    _tell(scope, page, "page.domain_lost", (domain.host, None))
    scope.emit(RELEASED, {"page_id": str(page.id)}, visible=False)


def _tell(scope: Scope, page: Page, action: str, change: tuple[str | None, str | None]) -> None:
    scope.record(action, name=page.name, subject_id=page.id, changes={"domain": change})
    scope.emit(CHANGED, {"page_id": str(page.id)})


def _proof_of_other(scope: Scope, page_id: UUID, host: str) -> str | None:
    """The proof of the page that has this host, if that is another one."""
    return scope.session.scalar(
        select(PageDomain.proof)
        .join(Page, (Page.organization_id == PageDomain.organization_id) & (Page.id == PageDomain.page_id))
        .where(Page.domain == host, Page.id != page_id)
    )


def _find(scope: Scope, page_id: UUID, *, lock: bool = False) -> PageDomain | None:
    wanted = select(PageDomain).filter_by(organization_id=scope.organization_id, page_id=page_id)
    return scope.session.scalar(wanted.with_for_update() if lock else wanted)
