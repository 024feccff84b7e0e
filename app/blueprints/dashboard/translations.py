"""Fields for what a form's texts say in further languages; they are there where any page is offered in them."""

from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField

from app.blueprints.dashboard import blueprint
from app.pages.languages import list_other_languages
from app.text.languages import PageLanguage
from app.translated.rules import OwnText, OwnTexts
from app.web.forms import read_line, read_lines
from app.web.members import current_member


class TranslatedForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    """A form whose title or message may be written in further languages: `title_de`, `message_de` and so on."""

    def to_own_texts(self) -> OwnTexts:
        """What was typed, of those languages that the form was sent with."""
        texts = {}
        for language in PageLanguage:
            fields = self._fields_of(language)
            if any(field.raw_data for field in fields.values()):
                texts[language] = OwnText(**{name: field.data or "" for name, field in fields.items()})
        return texts

    def put_own_texts(self, texts: OwnTexts) -> None:
        """Show what is there already."""
        for language, text in texts.items():
            for name, field in self._fields_of(language).items():
                field.data = getattr(text, name)

    def own_fields(self, language: PageLanguage) -> list[StringField]:
        """The fields of a language, for a template."""
        return list(self._fields_of(language).values())

    @property
    def says_more(self) -> bool:
        """Whether anything stands in these fields, or is wrong with them."""
        fields = (field for language in PageLanguage for field in self.own_fields(language))
        return any(field.data or field.errors for field in fields)

    def _fields_of(self, language: PageLanguage) -> dict[str, StringField]:
        names = (name for name in ("title", "message") if f"{name}_{language}" in self)
        return {name: self[f"{name}_{language}"] for name in names}


class TranslatedTitle(TranslatedForm):
    """With a title in each language."""


class TranslatedMessage(TranslatedForm):
    """With a message in each language."""


for _language in PageLanguage:
    setattr(TranslatedTitle, f"title_{_language}", StringField(f"Title, {_language.label}", filters=[read_line]))
    setattr(
        TranslatedMessage, f"message_{_language}", TextAreaField(f"Message, {_language.label}", filters=[read_lines])
    )


@blueprint.app_template_filter()
def language_of(field: str) -> str:
    """The language that a text of the edit history is in, "message_de" say; empty for the original's."""
    return next((language.label for language in PageLanguage if field.endswith(f"_{language}")), "")


@blueprint.app_template_global()
def other_languages() -> tuple[PageLanguage, ...]:
    """Those that the member's organization may write its texts in, beside the original's."""
    return list_other_languages(current_member.actor)
