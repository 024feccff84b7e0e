"""What an entry of the log says was done, in words; pure functions.

What nobody has written words for is said plainly, too. Of the fields that changed, `app.audit.changes` tells.
"""

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
