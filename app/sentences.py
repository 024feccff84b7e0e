"""Sentences of ours that are translated when they are shown, made where nobody knows in which language that will be."""

from collections.abc import Mapping
from typing import Self


class Sentence(str):
    """A text in English that remembers what it was made of: pure functions return it, `app.text.speech` translates it.

    Whoever takes it for a text has it in English. Values may be sentences themselves. The first argument is the key in
    the catalogues: it must stand there as it is, for those who collect the texts.
    """

    template: str
    plural: str | None
    values: Mapping[str, object]

    def __new__(cls, template: str, **values: object) -> Self:
        return cls._made(template, None, values)

    @classmethod
    def counted(cls, singular: str, plural: str, num: int, **values: object) -> Self:
        """One that depends on a number, which stands in it as `%(num)s`."""
        return cls._made(singular, plural, {"num": num, **values})

    @classmethod
    def _made(cls, template: str, plural: str | None, values: Mapping[str, object]) -> Self:
        english = plural if plural is not None and values["num"] != 1 else template
        sentence = super().__new__(cls, english % values if values else english)
        sentence.template, sentence.plural, sentence.values = template, plural, values
        return sentence


def listed(names: list[str]) -> str:
    """ "API", "API and Dashboard", "API, Dashboard and Sign-in"; never of nothing."""
    *earlier, last = names
    if not earlier:
        return last
    enumeration = earlier[0]
    for name in earlier[1:]:
        enumeration = Sentence("%(some)s, %(next)s", some=enumeration, next=name)
    return Sentence("%(some)s and %(last)s", some=enumeration, last=last)
