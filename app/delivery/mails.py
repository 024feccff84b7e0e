"""Mails from notices: subject, HTML and text part, headers.

What all recipients share is rendered once; each mail then only gets its own foot (why you get this, your links). The
same notice and recipient always give the same bytes.
"""

import textwrap
from collections.abc import Callable, Mapping
from datetime import date, datetime
from email.utils import parseaddr
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from app.delivery.mail import Mail
from app.delivery.notices.kept import Brief, Notice, Recipient
from app.services.inks import INKS
from app.text import speech
from app.text.languages import Language, PageLanguage, write_long_date, write_time

FOOT = "<!--foot-->"
"""Where the shared HTML takes each recipient's foot: no text of a user can hold it, since text is escaped."""

TEXT_COLUMNS = 72
PREHEADER_LENGTH = 140

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


def date_time(at: datetime) -> str:
    """ "21 November 2026, 10:12 CET", in the zone that `at` is in."""
    return f"{on_day(at, clock_time(at))} {at:%Z}"


def on_day(day: date, time: str) -> str:
    """A time of day, with its day: "21 November 2026, 10:12"."""
    formats = speech.spoken().formats
    written = f"{day.day} {day:%B %Y}" if formats is Language.BRITISH else write_long_date(day, formats)
    return speech.gettext("%(day)s, %(time)s", day=written, time=time)


def clock_time(at: datetime) -> str:
    """ "10:12", in the zone that `at` is in."""
    formats = speech.spoken().formats
    return f"{at:%H:%M}" if formats is Language.BRITISH else write_time(at, formats)


_templates = Environment(
    loader=PackageLoader("app", "templates/emails"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_templates.filters.update(wrap=_wrap, one_line=_one_line, date_time=date_time)
_templates.globals["inks"] = INKS
speech.teach(_templates)


def mails_with_foot(template: str, notice: Notice, brief: Brief, shared: Mapping[str, object]) -> Compose:
    """One text for all subscribers: `template` is rendered once, what `shared` holds included."""
    subject = _subject(notice, brief.title)
    everyones = {"notice": notice, "preheader": preheader(brief.text), **shared}
    head, _, tail = _templates.get_template(f"{template}.html").render(everyones).rpartition(FOOT)
    text = _templates.get_template(f"{template}.txt").render(everyones)
    html_foot, text_foot = _templates.get_template("_foot.html"), _templates.get_template("_foot.txt")

    def compose(delivery_id: UUID, recipient: Recipient) -> Mail:
        own = {"notice": notice, "recipient": recipient}
        return Mail(
            id=delivery_id,
            to=recipient.address,
            sender_name=notice.sender_name,
            reply_to=notice.reply_to,
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


def in_each_language(prepare: Callable[[], Compose]) -> Compose:
    """Write to everybody in their language; what is the same for all of a language is prepared once.

    `prepare` is called while that language is spoken.
    """
    prepared: dict[PageLanguage, Compose] = {}

    def compose(delivery_id: UUID, recipient: Recipient) -> Mail:
        with speech.speaking(recipient.language):
            if recipient.language not in prepared:
                prepared[recipient.language] = prepare()
            return prepared[recipient.language](delivery_id, recipient)

    return compose


def own_mails(template: str, notice: Notice, subject: str, shared: Mapping[str, object] | None = None) -> Compose:
    """A text of its own for each of a few people: the template knows its `recipient`."""
    subject = _subject(notice, subject)
    html, text = _templates.get_template(f"{template}.html"), _templates.get_template(f"{template}.txt")

    def compose(delivery_id: UUID, recipient: Recipient) -> Mail:
        own = {"notice": notice, "recipient": recipient, **(shared or {})}
        return Mail(
            id=delivery_id,
            to=recipient.address,
            sender_name=notice.sender_name,
            reply_to=notice.reply_to,
            subject=subject,
            html=html.render(own),
            text=text.render(own),
            headers={"Auto-Submitted": "auto-generated"},
        )

    return compose


def preheader(text: str) -> str:
    """The beginning of a text, for the line that mail programs show beside the subject."""
    return textwrap.shorten(text, PREHEADER_LENGTH, placeholder=" …")


def stage_and_title(label: str, title: str) -> str:
    """ "Resolved: Errors on the API" """
    return speech.gettext("%(stage)s: %(title)s", stage=speech.words(label), title=title)


def sender_domain(sender: str) -> str:
    """The domain of `Name <address@domain>`, for the right-hand side of a `Message-ID`."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


def _subject(notice: Notice, words: str) -> str:
    """Whatever users typed into it stays on one line: a line break would begin another header."""
    return _one_line(f"[{notice.told_by}] {words}")
