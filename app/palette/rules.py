"""What can be done, as somebody types for it; pure functions."""

from dataclasses import dataclass

from app.organizations.rules import Role

LONGEST = 200
"""Letters of a question that are looked at."""
MOST_WORDS = 8
"""Words of it."""


@dataclass(frozen=True, slots=True)
class Command:
    """Somewhere to go, or something to do, with other words that people have for it."""

    label: str
    path: str
    """Below the dashboard's address."""
    role: Role = Role.VIEWER
    also: str = ""


COMMANDS = (
    Command("Report an incident", "/incidents/new", Role.EDITOR, "new create open outage down broken"),
    Command("Plan maintenance", "/maintenance/new", Role.EDITOR, "new create schedule window work"),
    Command("Add a service", "/services/new", Role.EDITOR, "new create component"),
    Command("Write an announcement", "/announcements/new", Role.EDITOR, "new create news banner"),
    Command("Enter a past incident", "/incidents/past", Role.EDITOR, "new create backdate history earlier"),
    Command("Write a template", "/templates/new", Role.EDITOR, "new create canned text"),
    Command("Add a subscriber", "/subscribers/new", Role.EDITOR, "new create address mail"),
    Command("Import subscribers", "/subscribers/import", Role.EDITOR, "upload csv addresses"),
    Command("Add a page", "/pages/new", Role.ADMIN, "new create status page"),
    Command("Invite somebody", "/members", Role.ADMIN, "new add people person colleague user team member"),
    Command("Overview", "/", also="home start dashboard attention"),
    Command("Incidents", "/incidents", also="outages list history"),
    Command("Maintenance", "/maintenance", also="windows list planned calendar"),
    Command("Services", "/services", also="components groups status list"),
    Command("Heatmap", "/heatmap", also="days downtime history calendar"),
    Command("Analytics", "/analytics", also="uptime downtime figures report statistics charts sla mttr mtta"),
    Command("Activity", "/activity", also="feed lately log happened"),
    Command("Announcements", "/announcements", also="news banner list"),
    Command("Subscribers", "/subscribers", also="mails addresses followers list"),
    Command("Deliveries", "/deliveries", also="told mails notifications sent failed retry progress log"),
    Command("Pages", "/pages", Role.ADMIN, "look logo colour domain language private visibility"),
    Command("Templates", "/templates", also="canned texts list"),
    Command("Members", "/members", Role.ADMIN, "people team users roles invitations"),
    Command("Settings", "/settings", Role.ADMIN, "organization name address time zone delete export preferences"),
    Command("Mails", "/settings/mails", Role.ADMIN, "sender reply answers dkim spf dmarc records"),
    Command("Audit log", "/audit", Role.ADMIN, "who did what changes trail"),
    Command("Your account", "/account", also="profile name picture sessions sign out language time zone you"),
)
"""In the order in which they are offered."""

OFFERED = 6
"""So many are offered to somebody who has typed nothing yet."""


def words_of(typed: str) -> tuple[str, ...]:
    """The words of a question, each to be found, in the case in which they are compared."""
    return tuple(typed[:LONGEST].casefold().split()[:MOST_WORDS])


def commands_for(typed: str, role: Role, *, limit: int = OFFERED) -> tuple[Command, ...]:
    """What members of this role can do that begins with each word; those named so before those that are only meant.

    Without a word, the first ones.
    """
    words = words_of(typed)
    offered = [command for command in COMMANDS if role.includes(command.role)]
    named = [command for command in offered if _begins(words, command.label)]
    meant = [
        command for command in offered if command not in named and _begins(words, f"{command.label} {command.also}")
    ]
    return tuple([*named, *meant][:limit])


def _begins(words: tuple[str, ...], text: str) -> bool:
    known = text.casefold().split()
    return all(any(one.startswith(word) for one in known) for word in words)
