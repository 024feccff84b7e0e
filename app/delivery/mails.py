"""Mails from notices: subject, HTML and text part, headers.

What all recipients share is rendered once; each mail then only gets its own foot (why you get this, your links). The
same notice and recipient always give the same bytes.
"""

import textwrap
from collections.abc import Callable
from datetime import datetime
from email.utils import parseaddr
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from app.delivery.mail import Mail
from app.delivery.notices import ConfirmationNotice, IncidentNotice, NoticeUpdate, Recipient
from app.services.rules import ServiceStatus

FOOT = "<!--foot-->"
"""Where the shared HTML takes each recipient's foot: no text of a user can hold it, since text is escaped."""

TEXT_COLUMNS = 72
PREHEADER_LENGTH = 140

INK = {
    ServiceStatus.OPERATIONAL: "#006137",
    ServiceStatus.DEGRADED_PERFORMANCE: "#7c4b02",
    ServiceStatus.PARTIAL_OUTAGE: "#9c3300",
    ServiceStatus.MAJOR_OUTAGE: "#a20519",
    ServiceStatus.UNDER_MAINTENANCE: "#035397",
}
"""The light theme's status inks (`tokens.css`) in the sRGB that mail programs know."""

Compose = Callable[[UUID, Recipient], Mail]
"""Makes one recipient's mail; the id is the delivery's."""


def _wrap(text: str, indent: str = "") -> str:
    """`text` in lines of at most `TEXT_COLUMNS`, its own line breaks kept; addresses are never cut."""
    return "\n".join(
        textwrap.fill(
            line,
            TEXT_COLUMNS,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.strip().splitlines()
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _date_time(at: datetime) -> str:
    """21 November 2026, 10:12 CET"""
    return f"{at.day} {at:%B %Y, %H:%M %Z}"


_templates = Environment(
    loader=PackageLoader("app", "templates/emails"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_templates.filters.update(wrap=_wrap, one_line=_one_line, date_time=_date_time)


def incident_mails(notice: IncidentNotice) -> Compose:
    """How to tell any recipient of this notice."""
    newest, *earlier = notice.updates
    at = newest.posted_at.astimezone(notice.zone)

    def when(update: NoticeUpdate) -> str:
        """The time of day, with the day when it is not the newest update's."""
        posted = update.posted_at.astimezone(notice.zone)
        return f"{posted:%H:%M}" if posted.date() == at.date() else f"{posted.day} {posted:%B, %H:%M}"

    shared = {
        "notice": notice,
        "newest": newest,
        "earlier": [(update, when(update)) for update in earlier],
        "at": at,
        "ink": INK[notice.status or ServiceStatus.OPERATIONAL],
        "preheader": textwrap.shorten(newest.text, PREHEADER_LENGTH, placeholder=" …"),
    }
    subject = _one_line(f"[{notice.organization_name}] {notice.stage.label}: {notice.title}")
    head, _, tail = _templates.get_template("incident.html").render(shared).rpartition(FOOT)
    text = _templates.get_template("incident.txt").render(shared)
    html_foot, text_foot = _templates.get_template("_foot.html"), _templates.get_template("_foot.txt")

    def compose(delivery_id: UUID, recipient: Recipient) -> Mail:
        own = {"notice": notice, "recipient": recipient}
        return Mail(
            id=delivery_id,
            to=recipient.address,
            subject=subject,
            html=head + html_foot.render(own) + tail,
            text=text + text_foot.render(own),
            headers={
                "List-Unsubscribe": f"<{recipient.unsubscribe_url}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
            },
        )

    return compose


def confirmation_mails(notice: ConfirmationNotice) -> Compose:
    """How to ask an address's owner whether they want to be told."""
    subject = _one_line(f"[{notice.organization_name}] Confirm that you want status updates")
    html, text = _templates.get_template("confirm.html"), _templates.get_template("confirm.txt")

    def compose(delivery_id: UUID, recipient: Recipient) -> Mail:
        own = {"notice": notice, "recipient": recipient}
        return Mail(
            id=delivery_id,
            to=recipient.address,
            subject=subject,
            html=html.render(own),
            text=text.render(own),
            headers={"Auto-Submitted": "auto-generated"},
        )

    return compose


def sender_domain(sender: str) -> str:
    """The domain of `Name <address@domain>`, for the right-hand side of a `Message-ID`."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"
