"""What visitors and subscribers send us."""

import re
from uuid import UUID

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField, ValidationError

from app.errors import Invalid
from app.subscribers.actions import GONE
from app.text.addresses import check_address, normalize_address

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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

    @property
    def ticked(self) -> frozenset[UUID]:
        """The services that were ticked, without what is no id at all."""
        return frozenset(UUID(text) for text in self.services.data or () if _UUID.fullmatch(text))

    def to_service_ids(self) -> frozenset[UUID] | None:
        """The chosen services; None for all.

        Raises:
            Invalid: neither was said, or a service's id is none.
        """
        if self.scope.data == "all":
            return None
        if self.scope.data != "some":
            raise Invalid({"scope": "Say whether you want to hear of all services or of some."})
        if len(self.ticked) < len(set(self.services.data or ())):
            raise Invalid({"services": GONE})
        return self.ticked
