"""Which of its languages a visitor gets a page in: `?lang=` in the address, else what the browser says, else its own.

The cache in front keeps one answer for each language that a page offers, whatever headers and addresses come: what a
visitor sends is reduced to one of those words before anything is looked up (decision 0029).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from urllib.parse import parse_qs
from wsgiref.types import WSGIEnvironment

from flask import Response, after_this_request, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from app.pages.address import PageAddress
from app.pages.cache import VARIANT
from app.text.languages import PageLanguage
from app.text.speech import speak

LONGEST_HEADER = 200
"""A browser says less; of more nothing is read."""

MOST_KNOWN = 10_000
_UNDECIDED = "?"
"""Begins a variant that lists what a visitor reads: nobody knew yet what the page offers."""

_ONLY_ONE = ""
"""The variant of a page in one language."""

_API = "/api/"
_BY_TAG = {str(language): language for language in PageLanguage}


class Offers:
    """What each page that this process has shown is offered in, by the first part of its path."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[PageLanguage, ...]] = {}

    def learn(self, page: PageAddress) -> None:
        if len(self._known) >= MOST_KNOWN:
            self.forget_all()
        self._known[page.slug] = (page.language, *(other for other in page.languages if other != page.language))

    def find(self, slug: str) -> tuple[PageLanguage, ...] | None:
        """Its languages, the page's own first; None for a page that nobody has asked for here."""
        return self._known.get(slug)

    def forget_all(self) -> None:
        """Know nothing, as in a process that has just begun."""
        self._known.clear()


offers = Offers()


def chosen_language(environ: WSGIEnvironment, offered: Sequence[PageLanguage]) -> PageLanguage:
    """The language in which a request is answered.

    Args:
        environ: of the request. Of JSON only `?lang=` counts: a program reads the same wherever it runs.
        offered: what there is; the first where none of it is wanted.
    """
    return next((language for language in wanted_languages(environ) if language in offered), offered[0])


def wanted_languages(environ: WSGIEnvironment) -> tuple[PageLanguage, ...]:
    """What a visitor reads of all that any page may be offered in, best first."""
    query, header = environ.get("QUERY_STRING", ""), environ.get("HTTP_ACCEPT_LANGUAGE", "")
    named = _named_in(query) if "lang=" in query else ()
    if environ.get("PATH_INFO", "").startswith(_API) or len(header) > LONGEST_HEADER:
        return named
    return (*named, *(language for language in _accepted_by(header) if language not in named))


def language_variant(environ: WSGIEnvironment) -> str:
    """What the page cache keeps answers apart by: the language, or nothing where a page has but one."""
    path = environ.get("PATH_INFO", "")
    offered = offers.find(_slug_in(path))
    if offered is None:
        return _UNDECIDED + ",".join(wanted_languages(environ))
    if len(offered) == 1:
        return _ONLY_ONE
    if "lang=" in environ.get("QUERY_STRING", "") or path.startswith(_API):
        return chosen_language(environ, offered)
    return _best_of(environ.get("HTTP_ACCEPT_LANGUAGE", "")[: LONGEST_HEADER + 1], ",".join(offered))


def in_language(page: PageAddress) -> PageAddress:
    """The page as whoever asks reads it; from now on everything is said in that language."""
    offers.learn(page)
    spoken = _decided(page)
    if VARIANT in request.environ:
        # What a page is offered in may have changed since the cache decided: the answer is kept as what it is.
        request.environ[VARIANT] = _variant_of(page, spoken)
    speak(spoken)
    if len(page.languages) > 1 and not request.path.startswith(_API):
        after_this_request(_vary)
    return replace(page, spoken=spoken)


def speak_to_visitor(offered: Collection[PageLanguage] = tuple(PageLanguage)) -> None:
    """Answer in what the visitor reads where there is no page that could say what it is offered in."""
    speak(chosen_language(request.environ, (PageLanguage.ENGLISH, *offered)))
    after_this_request(_vary)


def _decided(page: PageAddress) -> PageLanguage:
    """By what the cache has decided, if it has: its answer is kept under that, so it must be that."""
    offered = (page.language, *page.languages)
    variant: str | None = request.environ.get(VARIANT)
    if variant is None:
        return chosen_language(request.environ, offered)
    wanted = variant.removeprefix(_UNDECIDED).split(",")
    return next((PageLanguage(word) for word in wanted if word in offered), page.language)


def _variant_of(page: PageAddress, spoken: PageLanguage) -> str:
    """What `language_variant` says of whoever reads the page in this language."""
    return spoken if set(page.languages) - {page.language} else _ONLY_ONE


def _vary(response: Response) -> Response:
    response.vary.add("Accept-Language")
    return response


def _slug_in(path: str) -> str:
    return path.removeprefix(_API).strip("/").partition("/")[0].lower()


def _named_in(query: str) -> tuple[PageLanguage, ...]:
    values = parse_qs(query[:1_000]).get("lang", ())
    return tuple(_BY_TAG[value] for value in values[:1] if value in _BY_TAG)


@lru_cache(maxsize=1_000)
def _best_of(header: str, offered: str) -> str:
    """The same as `chosen_language` where the address says nothing: asked with each hit, answered from memory."""
    known = tuple(_BY_TAG[word] for word in offered.split(","))
    return chosen_language({"HTTP_ACCEPT_LANGUAGE": header}, known)


@lru_cache(maxsize=1_000)
def _accepted_by(header: str) -> tuple[PageLanguage, ...]:
    """Our languages that an `Accept-Language` names, best first: "de-CH" is German (RFC 9110 §12.5.4)."""
    accepted: list[PageLanguage] = []
    for tag, quality in parse_accept_header(header, LanguageAccept):
        language = _BY_TAG.get(tag.partition("-")[0].lower())
        if quality > 0 and language is not None and language not in accepted:
            accepted.append(language)
    return tuple(accepted)
