"""What visitors and subscribers send us."""

from flask_wtf import FlaskForm
from wtforms import StringField, ValidationError

from app.text.addresses import check_address, normalize_address
from app.web.choices import ChoicesForm


class PublicForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF brings no types
    """Without a CSRF token: public pages carry no cookie that it could belong to."""

    class Meta:
        csrf = False


def _normalize(typed: str | None) -> str:
    return normalize_address(typed or "")


class SubscribeForm(PublicForm):
    """The box on the page, and the one under an incident."""

    email = StringField("E-mail address", filters=[_normalize])
    homepage = StringField("Leave this empty")
    """Nobody sees this field; what fills it in is no person."""
    stamp = StringField("When it was begun")

    def validate_email(self, field: StringField) -> None:
        if fault := check_address(field.data):
            raise ValidationError(fault)

    @property
    def is_from_a_robot(self) -> bool:
        return bool(self.homepage.data)


class OwnChoicesForm(PublicForm, ChoicesForm):
    """What a subscriber chooses by the link in their mails."""
