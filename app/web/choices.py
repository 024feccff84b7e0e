"""The form in which it is chosen what a subscriber hears of: by themselves on the page, or by a member for them."""

import re
from collections.abc import Iterable
from uuid import UUID

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField

from app.errors import Invalid
from app.pages.views import GroupView, PageView
from app.sentences import Sentence
from app.subscribers.rules import GONE, NOT_OFFERED, Choices, NewsKind, Offered
from app.text.languages import PageLanguage

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ChoicesForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF brings no types
    """What a subscriber hears of: which kinds of news, of which services and groups, in which language."""

    kinds = SelectMultipleField("Which news?", validate_choice=False)
    scope = StringField("Which services?")
    services = SelectMultipleField("Services", validate_choice=False)
    groups = SelectMultipleField("Groups", validate_choice=False)
    language = StringField("Language")
    follows = SelectMultipleField("Incidents", validate_choice=False)

    def to_choices(self, page: PageView) -> Choices:
        """What was chosen. A service is left out beside a group that it stands in: the group says it already.

        Raises:
            Invalid: something is named that the page never offered.
        """
        groups, services = _ids(self.groups.data), _ids(self.services.data)
        within = {service.id for group in every_group(page) if group.id in groups for service in group.all_services}
        if self.scope.data not in ("all", "some"):
            raise Invalid({"services": Sentence("Say whether you want to hear of all services or of some.")})
        if self.language.data not in ("", None, *PageLanguage):
            raise Invalid({"language": NOT_OFFERED})
        return Choices(
            all_services=self.scope.data == "all",
            services=services - within,
            groups=groups,
            kinds=frozenset(kind for kind in NewsKind if kind in (self.kinds.data or ())),
            language=PageLanguage(self.language.data) if self.language.data else None,
            follows=_ids(self.follows.data),
        )


def every_group(page: PageView) -> Iterable[GroupView]:
    """All groups that the page shows, those within others too."""
    for group in page.groups:
        yield group
        yield from group.groups


def offered_by(page: PageView) -> Offered:
    """What there is to choose from on a page."""
    return Offered(
        services=frozenset(service.id for service in page.services),
        groups=frozenset(group.id for group in every_group(page) if group.id is not None),
        languages=frozenset(page.languages),
    )


def _ids(sent: Iterable[str] | None) -> frozenset[UUID]:
    """The ids that were sent.

    Raises:
        Invalid: one is none.
    """
    texts = set(sent or ())
    ids = frozenset(UUID(text) for text in texts if _UUID.fullmatch(text))
    if len(ids) < len(texts):
        raise Invalid({"services": GONE})
    return ids
