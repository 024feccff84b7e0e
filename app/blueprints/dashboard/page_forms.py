"""The forms of a page: what was typed, cleaned, as the plain values that actions take."""

from collections.abc import Mapping

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput

from app.addresses.pages import NewPage
from app.organizations.rules import normalize_slug, time_zone_names
from app.pages.arrangement import Item, find_item
from app.pages.languages import Languages
from app.pages.look.colours import Ground, normalize_colour
from app.pages.look.logos import Slot
from app.pages.look.rules import offer_accent
from app.pages.models import Page
from app.pages.parts import Basics, Look, Words
from app.pages.settings import MOST_HEADER_LINKS, PAST_DAYS_OFFERED, HeaderLink, Theme
from app.pages.weights import FAULTS, Weighing, read_weight, read_weights
from app.text.addresses import normalize_address
from app.text.clean import clean_message
from app.text.languages import PageLanguage
from app.web.forms import SuggestsSlug, read_line, read_lines


def _zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in time_zone_names()]


class SlugForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    slug = StringField("Address of the page", filters=[lambda typed: normalize_slug(typed or "")])


class NewPageForm(SuggestsSlug, SlugForm):
    name = StringField("Name of the page", filters=[read_line])
    time_zone = SelectField("Time zone", validate_choice=False)

    def __init__(self, **fields: object) -> None:
        super().__init__(**fields)
        self.time_zone.choices = _zones()

    def to_new_page(self) -> NewPage:
        return NewPage(self.name.data, self.slug.data, self.time_zone.data)


class BasicsForm(FlaskForm):  # type: ignore[misc]
    name = StringField("Name of the page", filters=[read_line])
    time_zone = SelectField("Time zone of the page", validate_choice=False)
    told_in = RadioField(
        "Times are told",
        choices={"page": "In the page's time zone", "visitor": "In each visitor's own time zone"},
        default="page",
        validate_choice=False,
    )
    past_days = SelectField(
        "Past incidents", choices={str(days): f"{days} days" for days in PAST_DAYS_OFFERED}, validate_choice=False
    )
    shows_uptime = BooleanField("Show uptime")
    shows_response_times = BooleanField("Show response times")
    is_found = BooleanField("Let search engines list the page")

    def __init__(self, **fields: object) -> None:
        super().__init__(**fields)
        self.time_zone.choices = _zones()

    @classmethod
    def showing(cls, page: Page) -> "BasicsForm":
        form = cls(formdata=None)
        form.name.data, form.time_zone.data = page.name, page.time_zone
        form.told_in.data = "visitor" if page.visitor_time_zone else "page"
        form.past_days.data = str(page.past_days)
        form.shows_uptime.data, form.shows_response_times.data = page.shows_uptime, page.shows_response_times
        form.is_found.data = not page.noindex
        return form

    def to_part(self) -> Basics:
        days = self.past_days.data or ""
        known = {str(offered): offered for offered in PAST_DAYS_OFFERED}
        return Basics(
            name=self.name.data,
            time_zone=self.time_zone.data or "",
            visitor_time_zone=self.told_in.data == "visitor",
            past_days=known.get(days),
            shows_uptime=self.shows_uptime.data,
            noindex=not self.is_found.data,
            shows_response_times=self.shows_response_times.data,
        )


class WordsForm(FlaskForm):  # type: ignore[misc]
    """What stands around the page's content; links as as many pairs of fields as there may be."""

    support_address = StringField("Where visitors get help", filters=[read_line])
    footer = TextAreaField("Footer", filters=[read_lines])
    powered_by = BooleanField("Say that it is powered by Upfront")

    @property
    def links(self) -> list[tuple[StringField, StringField]]:
        return [(self[f"label_{place}"], self[f"link_{place}"]) for place in range(MOST_HEADER_LINKS)]

    @classmethod
    def showing(cls, page: Page) -> "WordsForm":
        form = cls(formdata=None)
        for (label, url), link in zip(form.links, page.header_links, strict=False):
            label.data, url.data = link["label"], link["url"]
        form.support_address.data = page.support_address.removeprefix("mailto:")
        form.footer.data, form.powered_by.data = page.footer, page.powered_by
        return form

    def to_part(self) -> Words:
        support = self.support_address.data
        return Words(
            header_links=tuple(HeaderLink(label.data, url.data) for label, url in self.links),
            support_address=normalize_address(support) if "@" in support and "/" not in support else support,
            footer=self.footer.data,
            powered_by=self.powered_by.data,
        )


for _place in range(MOST_HEADER_LINKS):
    setattr(WordsForm, f"label_{_place}", StringField(f"Words of link {_place + 1}", filters=[read_line]))
    setattr(WordsForm, f"link_{_place}", StringField(f"Address of link {_place + 1}", filters=[read_line]))


def _read_colour(typed: str | None) -> str:
    return normalize_colour(typed or "")


class LookForm(FlaskForm):  # type: ignore[misc]
    theme = RadioField("Theme", choices={one.value: one.label for one in Theme}, default="auto", validate_choice=False)
    accent_light = StringField("Accent colour, light theme", filters=[_read_colour])
    accent_dark = StringField("Accent colour, dark theme", filters=[_read_colour])
    css = TextAreaField("Custom CSS", filters=[lambda typed: clean_message(typed or "")])

    @classmethod
    def showing(cls, page: Page) -> "LookForm":
        form = cls(formdata=None)
        form.theme.data = page.theme.value
        form.accent_light.data, form.accent_dark.data, form.css.data = page.accent_light, page.accent_dark, page.css
        return form

    @property
    def offers(self) -> Mapping[str, str]:
        """The nearest good colour for each accent that stands out too little, by field."""
        offered = {
            "accent_light": offer_accent(Ground.LIGHT, self.accent_light.data or ""),
            "accent_dark": offer_accent(Ground.DARK, self.accent_dark.data or ""),
        }
        return {name: colour for name, colour in offered.items() if colour}

    def to_part(self) -> Look:
        theme = self.theme.data if self.theme.data in set(Theme) else Theme.AUTO
        return Look(Theme(theme), self.accent_light.data, self.accent_dark.data, self.css.data)


class PicturesForm(FlaskForm):  # type: ignore[misc]
    """A file and a box to tick for each place."""

    logo_light = FileField("Logo on light ground")
    logo_dark = FileField("Logo on dark ground")
    favicon = FileField("Favicon", id="favicon_file")  # the page's own icon has the other id
    removed = SelectMultipleField("Remove", choices=[one.value for one in Slot], validate_choice=False)

    def to_removed(self) -> list[Slot]:
        return [Slot(name) for name in self.removed.data or () if name in set(Slot)]


class LanguagesForm(FlaskForm):  # type: ignore[misc]
    language = SelectField(
        "Language of the page", choices={one.value: one.label for one in PageLanguage}, validate_choice=False
    )
    languages = SelectMultipleField(
        "Offered in",
        choices={one.value: one.label for one in PageLanguage},
        option_widget=CheckboxInput(),
        validate_choice=False,
    )

    @classmethod
    def showing(cls, page: Page) -> "LanguagesForm":
        return cls(formdata=None, language=page.language.value, languages=[one.value for one in page.languages])

    def to_part(self) -> Languages:
        known = {one.value: one for one in PageLanguage}
        ticked = frozenset(known[word] for word in self.languages.data or () if word in known)
        return Languages(known.get(self.language.data or ""), ticked)


class UptimeForm(FlaskForm):  # type: ignore[misc]
    """A weight for each fault, as text: people write a point or a comma."""

    degraded_performance = StringField("Degraded performance", filters=[read_line])
    partial_outage = StringField("Partial outage", filters=[read_line])
    major_outage = StringField("Major outage", filters=[read_line])

    @classmethod
    def showing(cls, page: Page) -> "UptimeForm":
        weights = read_weights(page.weights)
        return cls(formdata=None, data={status.value: f"{weights[status]:g}" for status in FAULTS})

    def to_part(self) -> Weighing:
        return Weighing({status: read_weight(self[status.value].data) for status in FAULTS})


class SelectionForm(FlaskForm):  # type: ignore[misc]
    """What the page shows, in the order in which the boxes stand that are ticked."""

    shows = RadioField(
        "What does this page show?",
        choices={"all": "All services, in the order of your list", "some": "Only these, in this order"},
        default="all",
        validate_choice=False,
    )
    items = SelectMultipleField("Services and groups", choices=(), validate_choice=False)

    @property
    def ticked(self) -> tuple[Item, ...]:
        """What is ticked, without what is no item at all."""
        return tuple(item for text in self.items.data or () if (item := find_item(text)) is not None)

    def to_items(self) -> tuple[Item, ...] | None:
        """What the page names; None for everything."""
        return self.ticked if self.shows.data == "some" else None


class DeletionForm(FlaskForm):  # type: ignore[misc]
    confirmation = StringField("The page's name", filters=[read_line])
