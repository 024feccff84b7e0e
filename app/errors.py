"""What can go wrong, as the person in front of it should hear it.

Each error knows its HTTP status and its words; `app.web.errors` turns it into a page, a fragment or problem JSON.
"""

from collections.abc import Mapping

from app.sentences import Sentence


class UpfrontError(Exception):
    """Base of all errors that a user may see. `title` names it, `detail` says what to do."""

    status = 500
    title: str = Sentence("That did not work, and it is our fault")

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail


class NotFound(UpfrontError):
    """There is no such thing, or not for whoever asks: both answer the same."""

    status = 404
    title: str = Sentence("There is nothing here")


class Denied(UpfrontError):
    """Signed in, but the role does not allow it."""

    status = 403
    title: str = Sentence("You can look, but not change")


class SignInRequired(UpfrontError):
    """Nobody is signed in, or the session has ended."""

    status = 401
    title: str = Sentence("Sign in first")


class Invalid(UpfrontError):
    """The input was refused. `faults` maps a field's name to what is wrong with it."""

    status = 422
    title: str = Sentence("Some things need your attention")

    def __init__(self, faults: Mapping[str, str], detail: str = "") -> None:
        super().__init__(detail or " ".join(faults.values()))
        self.faults = dict(faults)


def refuse_faulty(found: Mapping[str, str | None]) -> None:
    """Refuse input if something is wrong with any of its fields: `found` says what, by field, or None.

    Raises:
        Invalid: with those that are faulty.
    """
    if faults := {name: fault for name, fault in found.items() if fault}:
        raise Invalid(faults)


class Conflict(UpfrontError):
    """Someone else was faster, and going on would lose what they did."""

    status = 409
    title: str = Sentence("Someone else was faster")


class InvalidTransition(UpfrontError):
    """The thing is already past the state that was asked for."""

    status = 409
    title: str = Sentence("That step is not possible any more")


class TooMany(UpfrontError):
    """Asked too often. `retry_after_seconds` says when to come back."""

    status = 429
    title: str = Sentence("Too many requests")

    def __init__(self, retry_after_seconds: int, detail: str = "") -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(UpfrontError):
    """A part that is needed for this (database, Redis, Google) does not answer just now."""

    status = 503
    title: str = Sentence("Not available just now")
