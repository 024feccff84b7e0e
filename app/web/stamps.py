"""A trap for robots in forms that anybody can send: a person takes some seconds, and sends what our own page gave them.

A cached page is the same for all, so it cannot say when it was opened: a stamp, signed with the time, is fetched when
somebody begins to fill a form in (js/stamps.js). Without a script there is none: then, and where it was too quick for a
person, the answer is the form once more, with a stamp and one button to press. Nobody is turned away, and nothing is
kept: the answer says the same whatever was typed.
"""

import hmac

from app import clock
from app.accounts.tokens import derived_token
from app.extensions import settings

RIPE_SECONDS = 2
GOOD_FOR_SECONDS = 3600


def new_stamp() -> str:
    """What a form carries to show when somebody began to fill it in."""
    return _stamp(f"{int(clock.now().timestamp()):x}")


def is_ripe(stamp: str | None) -> bool:
    """Whether a form was begun long enough ago for a person, and not so long ago that it was collected."""
    seconds = _seconds_of(stamp)
    return seconds is not None and RIPE_SECONDS <= clock.now().timestamp() - seconds <= GOOD_FOR_SECONDS


def kept_stamp(stamp: str | None) -> str:
    """The stamp for a form that is shown again: its own, while that is good."""
    seconds = _seconds_of(stamp)
    is_good = seconds is not None and clock.now().timestamp() - seconds < GOOD_FOR_SECONDS / 2
    return stamp if stamp is not None and is_good else new_stamp()


def _seconds_of(stamp: str | None) -> int | None:
    """When a stamp was made, in seconds of Unix time; None for what is none of ours."""
    written = (stamp or "")[:64].partition(".")[0]
    if not stamp or not hmac.compare_digest(_stamp(written).encode(), stamp.encode()):
        return None
    return int(written, 16)


def _stamp(written: str) -> str:
    return f"{written}.{derived_token(settings.secret_key, 'form.stamp', written)}"
