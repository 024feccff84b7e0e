"""Which language our own words are said in right now, and what they are in it.

English is the key of each text, and what is said where a translation is missing. The catalogues are the .po files under
`app/translations/`, read when a language is first needed: there is no compiled copy that could be out of date.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_app_context
from flask_babel import Babel, Domain, get_translations, refresh
from flask_babel import gettext as look_up
from flask_babel import ngettext as look_up_counted
from jinja2 import Environment

from app.sentences import Sentence
from app.text.languages import Language, PageLanguage

CATALOGUES = Path(__file__).parents[1] / "translations"


@cache
def read_catalogue(language: PageLanguage) -> NullTranslations:
    """The texts in a language, ready to be asked; English has none, it is what everything is written in."""
    if language is PageLanguage.ENGLISH:
        return NullTranslations()
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = read_po(source, locale=str(language))
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


class _Catalogues(Domain):  # type: ignore[misc]  # Flask-Babel is not typed
    """Flask-Babel's look-up in our catalogues."""

    def get_translations(self) -> NullTranslations:
        return read_catalogue(spoken())


class _Speech(Babel):  # type: ignore[misc]
    domain_instance = _Catalogues()


babel = _Speech(configure_jinja=False)


def register(app: Flask) -> None:
    """Give templates `_`, `gettext`, `ngettext`, `pgettext` and `npgettext`, and the filter `words`."""
    babel.init_app(app, locale_selector=spoken)
    teach(app.jinja_env)


def teach(environment: Environment) -> None:
    """Let the templates of an environment speak: `_("%(name)s is down", name=…)`, escaped as autoescape has it."""
    environment.add_extension("jinja2.ext.i18n")
    install: Callable[..., None] = environment.install_gettext_callables  # type: ignore[attr-defined]  # by the extension
    install(
        gettext=lambda text: get_translations().ugettext(text),
        ngettext=lambda one, many, num: get_translations().ungettext(one, many, num),
        pgettext=lambda context, text: get_translations().upgettext(context, text),
        npgettext=lambda context, one, many, num: get_translations().unpgettext(context, one, many, num),
        newstyle=True,
    )
    environment.filters.update(lower_first=lower_first, words=words)
    environment.globals["spoken"] = spoken


def spoken() -> PageLanguage:
    """The language of the moment; English where nobody said anything."""
    language: PageLanguage | None = g.get("spoken") if has_app_context() else None
    return language or PageLanguage.ENGLISH


def speak(language: PageLanguage) -> None:
    """Say everything in this language until the present request, or application context, is over; dates, too."""
    g.spoken, g.language = language, language.formats
    refresh()


@contextmanager
def speaking(language: PageLanguage) -> Iterator[None]:
    """Say everything in this language for a while. It needs an application context."""
    before: tuple[PageLanguage | None, Language | None] = g.get("spoken"), g.get("language")
    speak(language)
    try:
        yield
    finally:
        g.spoken, g.language = before
        refresh()


def gettext(text: str, **values: object) -> str:
    """A text, given in English, in the language of the moment, with its places filled."""
    return str(look_up(text, **values))


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """The same for one that depends on a number, which stands in it as `%(num)s`."""
    return str(look_up_counted(singular, plural, num, **values))


def words(text: str) -> str:
    """A sentence of ours in the language of the moment; any other text is somebody's own, and stays as it is."""
    if not isinstance(text, Sentence):
        return text
    values = {name: words(value) if isinstance(value, str) else value for name, value in text.values.items()}
    if text.plural is not None:
        return str(look_up_counted(text.template, text.plural, values.pop("num"), **values))
    return gettext(text.template, **values)


def in_each_language(sentence: Sentence) -> dict[PageLanguage, str]:
    """A sentence without values in all languages but English, which it is in already."""
    texts = {language: str(read_catalogue(language).ugettext(sentence.template)) for language in PageLanguage}
    return {language: text for language, text in texts.items() if text != sentence.template}


def lower_first(sentence: str) -> str:
    """A sentence as it goes on after a colon; "API is down" keeps its capitals, and so does all German."""
    if spoken() is PageLanguage.GERMAN:
        return sentence
    keeps_capital = sentence[:1] == "I" and not sentence[1:2].isalpha()
    if keeps_capital or sentence[1:2].isupper():
        return sentence
    return sentence[:1].lower() + sentence[1:]
