"""How a template fills a form: the picker above it, what was filled in, and what waits until the form is published.

What somebody typed is not replaced unless they say so. Placeholders whose value is not known yet stay in the text and
are filled in when it is published, and in the preview before.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from flask import request
from wtforms import Form

from app import clock
from app.blueprints.dashboard.answers import current_organization
from app.blueprints.dashboard.forms import find_uuid
from app.errors import Invalid, NotFound
from app.incidents.message_templates.queries import TemplateChoice, TemplateRow, get_template, list_choices
from app.incidents.message_templates.rules import TemplateKind, known_placeholders
from app.incidents.rules import Impact, Stage
from app.overview.queries import read_counts
from app.text.clean import clean_text
from app.text.markdown import Rendered, render_message
from app.text.placeholders import (
    Value,
    fill_message,
    fill_title,
    find_placeholders,
    join_names,
    without_escapes,
)
from app.text.wording import month_heading, zone_label
from app.web.members import current_member

PICK, REPLACE = "use", "replace"
"""The field that names a template, and the button that lets one replace what was typed."""
USED, WRITTEN = "template", "filled"
"""Hidden: the template that the form was filled from, and what it wrote, so that it is known what was typed since."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the thing that is written about, beside the form's own fields."""

    services: tuple[str, ...]
    """Names, in the page's order."""
    title: str = ""
    """What it is called, where the form has no title."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further placeholders."""


@dataclass(frozen=True, slots=True)
class Picker:
    """Which templates a form offers, and what came of the one that was picked."""

    kind: TemplateKind
    choices: tuple[TemplateChoice, ...]
    used_id: UUID | None
    written: str
    picked: TemplateRow | None = None
    """The template that fills the form in this very request."""
    replaces: bool = False
    filled: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """Labels of fields that hold what somebody typed, where the template has something else."""
    later: tuple[str, ...] = ()
    """Placeholders that wait until the form is published."""

    @property
    def filled_words(self) -> str:
        """What was filled in: "title, message and services"."""
        return join_names(self.filled)

    @property
    def service_ids(self) -> tuple[UUID, ...]:
        """The services that the picked template adds."""
        return tuple(service_id for service_id, _ in self.picked.services) if self.picked else ()


def read_picker(kind: TemplateKind, *, picks: bool = False) -> Picker:
    """What the request says of templates; with `picks`, one that it names anew fills the form.

    Raises:
        NotFound: it picks a template that is missing, another organization's, or for another form.
    """
    choices = list_choices(current_member.actor, kind)
    used_id = find_uuid(request.form.get(USED))
    replacing = request.form.get(REPLACE)
    wanted = replacing or request.form.get(PICK) or request.args.get(USED)
    picker = Picker(kind, choices, used_id, request.form.get(WRITTEN, ""), replaces=bool(replacing))
    if not picks or not wanted or (not replacing and wanted == str(used_id)):
        return picker
    template_id = find_uuid(wanted)
    if template_id is None:
        raise NotFound
    template = get_template(current_member.actor, template_id)
    if template.kind is not kind:
        raise NotFound
    return replace(picker, picked=template, used_id=template.id)


def choose(picker: Picker, form: Form, stages: Collection[Stage] = tuple(Stage)) -> Picker:
    """Set stage and impact as the picked template has them; `stages` are those that may be chosen."""
    template = picker.picked
    if template is None or picker.kind is TemplateKind.MAINTENANCE:
        return picker
    wanted = {"stage": template.stage if template.stage in stages else None, "impact": template.impact}
    changed = [name for name, word in wanted.items() if word is not None and form[name].data != word]
    for name in changed:
        form[name].data = str(wanted[name])
    return replace(picker, filled=(*picker.filled, *changed))


def write(picker: Picker, form: Form, known: Known) -> Picker:
    """Write the picked template's texts into the form, but over nothing that was typed.

    Args:
        picker: may have picked none; then nothing is written.
        form: has a message, and mostly a title.
        known: what is known already; what is not is filled in when the form is published.
    """
    template = picker.picked
    if template is None:
        return picker
    written, filled = _Written.read(picker.written), list(picker.filled)
    kept: list[str] = []
    later: list[str] = []
    for name, text, fill in (("title", template.title, fill_title), ("message", template.message, fill_message)):
        if name not in form or not text:
            continue
        text = fill(text, _values(form, known))
        if picker.replaces or not form[name].data or _digest(form[name].data) == getattr(written, name):
            form[name].data = text
            written = replace(written, **{name: _digest(text)})
            filled.append(name)
            later += find_placeholders(text)
        elif form[name].data != text:
            kept.append(name)
    if template.services:
        filled.append("services")
    return replace(
        picker, written=str(written), filled=tuple(filled), kept=tuple(kept), later=tuple(dict.fromkeys(later))
    )


@dataclass(frozen=True, slots=True)
class Texts:
    """Title and message as they are published."""

    title: str
    message: str


def preview_of(picker: Picker, form: Form, known: Known) -> Rendered:
    """The message as it would be published now."""
    return render_message(_finished(picker, form, known).message)


def finish(picker: Picker, form: Form, known: Known) -> Texts:
    """Title and message with the placeholders filled in that had to wait. A form that no template filled is left alone.

    Raises:
        Invalid: a placeholder has no value even now.
    """
    texts = _finished(picker, form, known)
    if picker.used_id is None:
        return texts
    values = _values(form, replace(known, title=texts.title))
    waiting = {name: find_placeholders(form[name].data or "") for name in ("title", "message") if name in form}
    faults = {}
    for name, placeholders in waiting.items():
        empty = [one for one in placeholders if one in known_placeholders(picker.kind) and one not in values]
        if empty:
            listed = ", ".join(f"{{{{ {one} }}}}" for one in empty)
            faults[name] = f"Nothing is known yet for {listed}. Choose it in the form, or write it yourself."
    if faults:
        raise Invalid(faults)
    return texts


def _finished(picker: Picker, form: Form, known: Known) -> Texts:
    title = form["title"].data or "" if "title" in form else known.title
    message = form["message"].data or ""
    if picker.used_id is None:
        return Texts(title, message)
    if "title" in form:
        title = clean_text(without_escapes(fill_title(title, _values(form, known))))
    return Texts(title, without_escapes(fill_message(message, _values(form, replace(known, title=title)))))


@dataclass(frozen=True, slots=True)
class _Written:
    """Digests of what a template wrote."""

    title: str
    message: str

    @classmethod
    def read(cls, text: str) -> "_Written":
        title, _, message = text.partition(".")
        return cls(title, message)

    def __str__(self) -> str:
        return f"{self.title}.{self.message}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _values(form: Form, known: Known) -> dict[str, Value]:
    """What is known at this moment; what is not has no value. A title that waits itself is not known."""
    organization = current_organization()
    now = clock.now()
    local = now.astimezone(organization.zone)
    page_url = read_counts(current_member.actor).page_url
    title = known.title or (form["title"].data or "" if "title" in form else "")
    words = {
        "services": join_names(known.services),
        "title": "" if find_placeholders(title) else title,
        "impact": _word(form, "impact", Impact),
        "stage": _word(form, "stage", Stage),
        "date": f"{local.day} {month_heading(local)}",
        "time": f"{local:%H:%M}",
        "time_zone": zone_label(organization.zone, now),
        "organization": organization.name,
        "author": current_member.person.name,
        **known.more,
    }
    values = {name: Value(text) for name, text in words.items() if text}
    if page_url:
        values["page_url"] = Value(page_url, trusted=True)
    return values


def _word(form: Form, name: str, words: type[StrEnum]) -> str:
    chosen = form[name].data if name in form else ""
    return chosen if chosen in set(words) else ""
