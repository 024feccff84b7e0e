"""What a template may say, as pure functions over plain values."""

from collections.abc import Mapping
from enum import StrEnum

from app.incidents.rules import TITLE_LENGTH
from app.text.lengths import MESSAGE_LENGTH, check_length
from app.text.placeholders import find_placeholders

NAME_MAX_LENGTH = 80


class TemplateKind(StrEnum):
    """In which form a template is offered."""

    INCIDENT = "incident"
    UPDATE = "update"
    MAINTENANCE = "maintenance"

    @property
    def label(self) -> str:
        return {"incident": "New incident", "update": "Incident update", "maintenance": "Maintenance"}[self.value]


ALWAYS_KNOWN = {
    "services": "the affected services, in words",
    "title": "what it is called",
    "date": "the day on which the template is used",
    "time": "the time at which it is used",
    "time_zone": "the zone of those times",
    "organization": "your organization's name",
    "page_url": "the address of your page",
    "author": "who uses the template",
}
_OF_INCIDENTS = {"impact": "how much it hurts", "stage": "where you are"}
_OF_MAINTENANCE = {
    "starts": "when the work begins",
    "ends": "when it ends",
    "duration": "how long it takes",
}


def known_placeholders(kind: TemplateKind) -> Mapping[str, str]:
    """What may stand in double braces in such a template, each with what it stands for."""
    return ALWAYS_KNOWN | (_OF_MAINTENANCE if kind is TemplateKind.MAINTENANCE else _OF_INCIDENTS)


def check_name(name: str) -> str | None:
    """What is wrong with a template's name, in words for beside the field."""
    if not name:
        return "Give it a name that your team recognises in a hurry."
    return check_length(name, NAME_MAX_LENGTH)


def check_template_title(title: str, kind: TemplateKind) -> str | None:
    """What is wrong with the title that a template fills in; it may be empty."""
    known = [name for name in known_placeholders(kind) if name != "title"]
    return check_length(title, TITLE_LENGTH[1]) or _unknown_in(title, known)


def check_template_message(message: str, kind: TemplateKind) -> str | None:
    """What is wrong with the message that a template fills in."""
    if not message.strip():
        return "Write the message that this template fills in."
    return check_length(message, MESSAGE_LENGTH) or _unknown_in(message, list(known_placeholders(kind)))


def _unknown_in(text: str, known: list[str]) -> str | None:
    unknown = [name for name in find_placeholders(text) if name not in known]
    if not unknown:
        return None
    listed = ", ".join(_braced(name) for name in unknown[:5])
    return (
        f"{listed} {'is' if len(unknown) == 1 else 'are'} not known here. You can use"
        f" {', '.join(_braced(name) for name in known)}. To show braces as they are, put a backslash before them."
    )


def _braced(name: str) -> str:
    return f"{{{{ {name} }}}}"
