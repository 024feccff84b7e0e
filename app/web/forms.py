"""What a refused form answers."""

from flask_wtf import FlaskForm

from app.errors import Invalid

REFUSED = Invalid.status
"""The form again, with what is wrong beside its fields."""


def add_faults(form: FlaskForm, refusal: Invalid) -> None:
    """Put what an action refused beside the fields it is about."""
    for name, fault in refusal.faults.items():
        if name in form:
            form[name].errors = [*form[name].errors, fault]
        else:
            form.form_errors.append(fault)
