"""Closing a page to all but a few, and opening it again."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app import clock
from app.access.models import PageAccess
from app.access.passwords import hash_password
from app.access.rules import Parsed, Way, canonical_password, check_password, parse_addresses, parse_networks
from app.database.actor import Actor
from app.database.audit import Changes
from app.database.scope import Scope, organization_scope
from app.errors import Invalid
from app.organizations.membership import check_still_admin
from app.pages.models import Page
from app.pages.rules import Visibility

CHANGED = "page.access_changed"
"""The event; whoever was let in as things were is not any more."""


@dataclass(frozen=True, slots=True)
class NewAccess:
    """Who may see a page from now on. What belongs to another way than the chosen one is not looked at."""

    visibility: Visibility
    way: Way = Way.MEMBERS
    password: str = ""
    """As typed; empty keeps the present one."""
    addresses: str = ""
    networks: str = ""


def set_access(page_id: UUID, new: NewAccess, *, by: Actor) -> None:
    """Settle who may see a page. Every visitor who was let in before is asked anew, and their open sockets end.

    Settling what is settled already changes nothing, and asks nobody.

    Raises:
        Invalid: a password or list is missing or unfit.
        NotFound: no such page.
        Denied: whoever asks is no admin any more.
    """
    lists = _read(new)
    # Before the transaction: hashing takes a while, and nobody must wait for it with a lock in hand.
    password_hash = hash_password(canonical_password(new.password)) if _is_new_password(new) else ""
    with organization_scope(by) as scope:
        check_still_admin(scope)
        page = scope.lock(Page, page_id)
        access = _find(scope, page_id)
        kept = access.password_hash if access is not None else ""
        if new.visibility is Visibility.PRIVATE and new.way is Way.PASSWORD and not (password_hash or kept):
            raise Invalid({"password": "Choose the password that visitors need."})
        changes = _settle(scope, page, access, new, lists, password_hash)
        if page.visibility is new.visibility and not changes:
            return
        page.visibility = new.visibility
        page.access_version += 1
        scope.record(CHANGED, page, name=page.name, changes=changes)
        scope.emit(CHANGED, {"page_id": str(page_id)})


def _is_new_password(new: NewAccess) -> bool:
    return new.visibility is Visibility.PRIVATE and new.way is Way.PASSWORD and bool(new.password)


def _read(new: NewAccess) -> dict[str, list[str]]:
    """The lists that the chosen way needs, by the name of their column."""
    if new.visibility is Visibility.PUBLIC:
        return {}
    if _is_new_password(new) and (fault := check_password(canonical_password(new.password))):
        raise Invalid({"password": fault})
    if new.way is Way.ADDRESSES:
        return {"addresses": _entries("addresses", parse_addresses(new.addresses))}
    if new.way is Way.NETWORKS:
        return {"networks": _entries("networks", parse_networks(new.networks))}
    return {}


def _entries(name: str, parsed: Parsed) -> list[str]:
    if parsed.fault:
        raise Invalid({name: parsed.fault})
    return list(parsed.entries)


def _find(scope: Scope, page_id: UUID) -> PageAccess | None:
    return scope.session.scalar(select(PageAccess).filter_by(organization_id=scope.organization_id, page_id=page_id))


def _settle(
    scope: Scope,
    page: Page,
    access: PageAccess | None,
    new: NewAccess,
    lists: dict[str, list[str]],
    password_hash: str,
) -> Changes:
    """Write the way and what it needs; gives what has changed. A page that becomes public keeps it all for later."""
    if new.visibility is Visibility.PUBLIC:
        return {}
    before: dict[str, Any] = {"way": None, "addresses": [], "networks": []}
    if access is None:
        access = PageAccess(
            organization_id=page.organization_id, page_id=page.id, way=new.way, addresses=[], networks=[]
        )
        access.password_hash = password_hash
        scope.session.add(access)
    else:
        before |= {"way": access.way, "addresses": list(access.addresses), "networks": list(access.networks)}
        access.way = new.way
    for name, entries in lists.items():
        setattr(access, name, entries)
    changes: dict[str, tuple[object, object]]
    changes = {name: (was, getattr(access, name)) for name, was in before.items() if was != getattr(access, name)}
    if "addresses" in changes:
        # The log cannot be changed, and whoever is on a list may ask to be forgotten: it tells how many there are.
        changes["addresses"] = (len(before["addresses"]), len(access.addresses))
    if password_hash:
        access.password_hash = password_hash
        changes["password"] = ("", "changed")
    if changes:
        access.changed_at = clock.now()
    return changes
