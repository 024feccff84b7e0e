"""What an entry of the log says, in words; pure functions. What nobody has written words for is said plainly, too."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

THINGS = {
    "account": "account",
    "announcement": "announcement",
    "audit_log": "audit log",
    "incident": "incident",
    "incident_draft": "draft",
    "incident_update": "message of the incident",
    "invitation": "invitation",
    "maintenance": "maintenance",
    "maintenance_series": "recurring maintenance",
    "maintenance_update": "message of the maintenance",
    "member": "member",
    "notification": "delivery",
    "organization": "organization",
    "page": "page",
    "postmortem": "postmortem",
    "profile": "profile",
    "sender": "sender of mails",
    "service": "service",
    "service_group": "group",
    "session": "session",
    "subscriber": "subscriber",
    "subscriber_import": "table of subscribers",
    "template": "template",
}
"""Kinds of things that entries are about, as people call them."""

_SAID = {
    "account.deleted": "deleted the account of",
    "audit_log.exported": "downloaded the audit log",
    "first_steps.hidden": "hid the first steps",
    "first_steps.looked": "looked at the page from the first steps",
    "incident.created": "reported the incident",
    "incident.drafted": "drafted the incident",
    "incident.follows_ended": "told to the end, and let those go who followed, the incident",
    "incident.handed_over": "changed who handles the incident",
    "incident.merged": "merged the incident",
    "incident.postmortem_discarded": "threw away the draft of a postmortem of",
    "incident.postmortem_drafted": "wrote a postmortem of",
    "incident.postmortem_edited": "changed the postmortem of",
    "incident.postmortem_published": "published the postmortem of",
    "incident.postmortem_withdrawn": "took back the postmortem of",
    "incident.reminded": "reminded of the incident",
    "incident.updated": "posted an update about the incident",
    "invitation.accepted": "accepted the invitation of",
    "invitation.revoked": "took back the invitation of",
    "invitation.sent": "invited",
    "maintenance.overran": "noticed that there was more work than planned in",
    "maintenance.reminded": "reminded of the maintenance",
    "maintenance.updated": "posted an update about the maintenance",
    "maintenance.verifying": "began to verify the maintenance",
    "maintenance_series.continued": "planned more occurrences of the recurring maintenance",
    "member.left": "left the organization, as the member",
    "member.role_changed": "changed the role of",
    "notification.retried": "sent once more, to those who could not be told,",
    "organization.closed": "had the organization deleted:",
    "organization.created": "founded the organization",
    "organization.exported": "took along everything of the organization",
    "organization.moved": "changed the address of the organization",
    "page.access_changed": "changed who may see the page",
    "page.domain_asked": "had the domain of the page looked for again",
    "page.domain_entered": "entered a domain for the page",
    "page.domain_lost": "took its domain, which it proves no more, from the page",
    "page.domain_removed": "removed the domain of the page",
    "page.domain_verified": "gave its domain to the page",
    "page.link_requested": "asked for a link to the private page",
    "page.link_used": "was let in by a link to the private page",
    "page.moved": "changed the address of the page",
    "profile.edited": "changed the profile of",
    "profile.picture_removed": "removed the picture of",
    "profile.picture_set": "chose a picture of",
    "sender.edited": "changed the sender of mails",
    "service.days_repaired": "found days that were not counted right, and counted them anew, of the service",
    "service.moved": "changed the place of the service",
    "service.needs_changed": "changed what is needed by the service",
    "service.restored": "brought back the service",
    "service.status_changed": "set the status of the service",
    "service_group.moved": "changed the place of the group",
    "session.all_ended": "signed out everywhere, as",
    "session.ended": "signed out, as",
    "session.expired": "ended, after its longest time, a session of",
    "session.refused": "was not let in, as",
    "session.started": "signed in, as",
    "subscriber.added": "added a subscriber",
    "subscriber.all_asked_again": "asked all subscribers again who were found",
    "subscriber.all_erased": "erased all subscribers who were found, with all that was known of them",
    "subscriber.all_tried_again": "had all subscribers written to again who were found",
    "subscriber.asked_again": "asked a subscriber again by mail",
    "subscriber.browser_added": "had a browser told",
    "subscriber.chose": "chose what a subscriber hears of",
    "subscriber.confirmed": "confirmed an address as a subscriber",
    "subscriber.erased": "erased a subscriber, with all that was known of them",
    "subscriber.exported": "downloaded what is known of a subscriber",
    "subscriber.list_exported": "downloaded subscribers",
    "subscriber.quarantined": "set a subscriber aside whose mail came back or was called spam",
    "subscriber.requested": "asked for mails as a subscriber",
    "subscriber.tried_again": "had a subscriber written to again",
    "subscriber.unsubscribed": "unsubscribed",
    "subscriber_import.agreed": "had those taken in who are new in the table of subscribers",
    "subscriber_import.cancelled": "cancelled the table of subscribers",
    "subscriber_import.finished": "took in those who were new in the table of subscribers",
    "subscriber_import.uploaded": "uploaded the table of subscribers",
}
"""Actions with words of their own; others are said by their verb."""

_FIELDS = {
    "accent_dark": "accent on dark ground",
    "accent_light": "accent on light ground",
    "affected": "services",
    "audit_days": "days that the log is kept",
    "auto_complete": "ends by itself",
    "auto_start": "begins by itself",
    "begins_at": "shown from",
    "cancelled_at": "cancelled",
    "completed_at": "completed",
    "email": "address",
    "ended_at": "ended",
    "ends_at": "until",
    "expects_failures": "failures are expected",
    "expires_at": "can be accepted until",
    "first_start": "begins for the first time",
    "follows_id": "goes back to",
    "follows_series": "goes by its series",
    "group_id": "group",
    "handler_user_id": "who handles it",
    "header_links": "links in the header",
    "items": "services and groups that it names",
    "lead_minutes": "reminders before the start",
    "logo_dark": "logo on dark ground",
    "logo_light": "logo on light ground",
    "manual_status": "status set by hand",
    "merged_at": "merged",
    "next_update_at": "next update promised for",
    "noindex": "hidden from search engines",
    "notify": "subscribers are told",
    "original_start": "planned by its series for",
    "page_id": "page",
    "parent_id": "group that it stands in",
    "past_days": "days that it tells of",
    "posted_at": "posted",
    "powered_by": "says that it is powered by Upfront",
    "published_at": "published",
    "reply_to": "address for answers",
    "resolved_at": "resolved",
    "rule": "comes again",
    "show_on_page": "shown on the page",
    "shows_all": "shows all services",
    "shows_figures": "how many were told is shown",
    "shows_response_times": "shows response times",
    "shows_uptime": "shows uptime",
    "slug": "address",
    "started_at": "began",
    "starts_at": "from",
    "style": "style sheet",
    "support_address": "where visitors get help",
    "visitor_time_zone": "times in each visitor's own zone",
}
"""What columns are called where their own names are words of ours. Those of the last kind say when: "posted"."""

_REPEATED = frozenset(
    {"due_at", "edited_at", "entered_at", "first_published_at", "manual_status_at", "overran_at", "planned_at"}
    | {"position", "reminded_through", "sent_at", "status_since", "title_edited_at"}
)
"""Fields that say once more when it was, or only what the clock goes by; they are in the table to take along."""

_LENGTHS: Mapping[str, timedelta] = MappingProxyType(
    {"lead_minutes": timedelta(minutes=1), "length": timedelta(seconds=1), "hours": timedelta(hours=1)}
)
"""Fields that are numbers of this much time."""

NO_NAMES: Mapping[UUID, str] = MappingProxyType({})

SHORT = 200
"""Letters of a value that are shown before it is cut."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field, before and after, as it can be shown. A moment stays one, to be told in the reader's zone."""

    field: str
    before: str | datetime
    after: str | datetime


def what_was_done(action: str) -> str:
    """The words between who did it and what it is called: "posted an update about the incident"."""
    if action in _SAID:
        return _SAID[action]
    thing, _, verb = action.partition(".")
    return f"{verb.replace('_', ' ')} the {thing_name(thing)}" if verb else action.replace("_", " ")


def thing_name(thing: str) -> str:
    """ "service_group" is a group."""
    return THINGS.get(thing, thing.replace("_", " "))


def is_about_oneself(action: str) -> bool:
    """Whether the thing is the person who did it, so that their name needs not be said twice."""
    return action.partition(".")[0] in ("session", "profile", "account") and action != "session.expired"


def said(action: str, name: str, actor_name: str) -> str:
    """The whole sentence after who did it: "posted an update about the incident Errors"."""
    if is_about_oneself(action) and name == actor_name:
        return said_of_oneself(action)
    return f"{what_was_done(action)} {name}".strip()


def happened(action: str, word: str) -> tuple[str, str]:
    """What was done before and behind the thing's name, where every member reads it: ("set", " to partial outage").

    `word` is the status or the stage that it came to; "" for none.
    """
    readable = word.replace("_", " ")
    if action == "service.status_changed" and word:
        return "set", f" to {readable}"
    if action == "incident.updated" and word:
        return what_was_done(action), f", now {readable}"
    return what_was_done(action), ""


def said_of_oneself(action: str) -> str:
    """What somebody did to themselves: "signed in", "chose a picture"."""
    return what_was_done(action).removesuffix(", as").removesuffix(" of").replace(" the ", " their ")


def changes_of(changes: Mapping[str, Any], names: Mapping[UUID, str] = NO_NAMES) -> Iterator[Change]:
    """What changed, field by field. What is not two values, before and after, is left out, and so is nothing at all.

    `names` says what the things behind ids are called.
    """
    for field, values in changes.items():
        if isinstance(values, list) and len(values) == 2 and field not in _REPEATED:
            before, after = (_shown(_in_words(field, value), names) for value in values)
            if before or after:
                yield Change(_FIELDS.get(field, field.removesuffix("_id").replace("_", " ")), before, after)


def ids_in(value: object) -> Iterator[UUID]:
    """Every id in what changed, wherever it stands."""
    match value:
        case str():
            found = _read_id(value)
            if found is not None:
                yield found
        case list():
            for one in value:
                yield from ids_in(one)
        case Mapping():
            for key, one in value.items():
                yield from ids_in(key)
                yield from ids_in(one)


def _in_words(field: str, value: object) -> object:
    """A number of minutes, or several, as lengths of time; anything else as it is."""
    unit = _LENGTHS.get(field)
    if unit is None:
        return value
    several = value if isinstance(value, list) else [value]
    return [_length(one * unit) if isinstance(one, int | float) else one for one in several if one is not None]


def _length(length: timedelta) -> str:
    """ "1 day 12 h", "90 min": whatever is exact."""
    minutes = length // timedelta(minutes=1)
    days, rest = divmod(minutes, 24 * 60)
    hours, rest = divmod(rest, 60)
    parts = [f"{days} {'day' if days == 1 else 'days'}" if days else "", f"{hours} h" if hours else ""]
    parts.append(f"{rest} min" if rest or not minutes else "")
    return " ".join(part for part in parts if part)


def _shown(value: object, names: Mapping[UUID, str]) -> str | datetime:
    match value:
        case None | "" | []:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return _cut(", ".join(_word(one, names) for one in value))
        case Mapping():
            return _cut(", ".join(f"{_word(key, names)}: {_word(one, names)}" for key, one in value.items()))
        case str():
            return _read_moment(value) or _cut(_word(value, names))
        case _:
            return _cut(str(value))


def _word(value: object, names: Mapping[UUID, str]) -> str:
    """One value: an id by its name, or its end, which tells two apart; a word of ours without underscores."""
    text = "" if value is None else str(value)
    found = _read_id(text)
    if found is not None:
        return names.get(found, f"…{found.hex[-6:]}")
    return text.replace("_", " ") if re.fullmatch("[a-z]+(_[a-z]+)+", text) else text


def _read_moment(text: str) -> datetime | None:
    if len(text) < 19 or text[10:11] != "T":
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _read_id(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def _cut(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"
