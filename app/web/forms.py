"""What forms send, cleaned, and what a refused one answers."""

from flask_wtf import FlaskForm
from wtforms import HiddenField

from app.errors import Invalid
from app.organizations.rules import slugify
from app.text.clean import clean_message, clean_text

REFUSED = Invalid.status
"""The form again, with what is wrong beside its fields."""


class SuggestsSlug:
    """A form with a name and a slug, whose slug is made of the name until somebody types one of their own."""

    suggested = HiddenField()
    """The slug last suggested: while the field still holds it, another name may suggest another one."""

    def suggest_slug(self: FlaskForm) -> None:
        if self.slug.data in ("", self.suggested.data):
            self.slug.data = self.suggested.data = slugify(self.name.data)


def add_faults(form: FlaskForm, refusal: Invalid) -> None:
    """Put what an action refused beside the fields it is about."""
    for name, fault in refusal.faults.items():
        if name in form:
            form[name].errors = [*form[name].errors, fault]
        else:
            form.form_errors.append(fault)


def read_line(typed: str | None) -> str:
    """One line of text: a field's filter."""
    return clean_text(typed or "")


def read_lines(typed: str | None) -> str:
    """Several lines of text: a field's filter."""
    return clean_message(typed or "")


def read_version(typed: str | None) -> int | None:
    """The version that a hidden field says was seen; None for anything else."""
    typed = typed or ""
    # No version has more digits, and Python refuses to read thousands of them: what is longer is another version.
    return int(typed[:10]) if typed.isascii() and typed.isdecimal() else None
