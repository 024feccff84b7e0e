"""What visitors and subscribers send us."""

from uuid import UUID

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField, ValidationError

from app.errors import Invalid
from app.subscribers.rules import check_address, normalize_address


class PublicForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF brings no types
    """Without a CSRF token: public pages carry no cookie that it could belong to."""

    class Meta:
        csrf = False


def _normalize(typed: str | None) -> str:
    return normalize_address(typed or "")


class SubscribeForm(PublicForm):
    """The box on the page."""

    email = StringField("E-mail address", filters=[_normalize])
    homepage = StringField("Leave this empty")
    """Nobody sees this field; what fills it in is no person."""

    def validate_email(self, field: StringField) -> None:
        if fault := check_address(field.data):
            raise ValidationError(fault)

    @property
    def is_from_a_robot(self) -> bool:
        return bool(self.homepage.data)


class PreferencesForm(PublicForm):
    """Which services a subscriber hears of."""

    scope = StringField("Which services?")
    services = SelectMultipleField("Services", validate_choice=False)

    def to_service_ids(self) -> list[UUID] | None:
        """The chosen services; None for all.

        Raises:
            Invalid: neither was said, or a service's id is none.
        """
        if self.scope.data == "all":
            return None
        if self.scope.data != "some":
            raise Invalid({"scope": "Say whether you want to hear of all services or of some."})
        try:
            return [UUID(text) for text in self.services.data or ()]
        except ValueError:
            raise Invalid({"services": "One of these services is not here any more. Choose again."}) from None
