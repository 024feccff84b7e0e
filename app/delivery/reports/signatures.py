"""Whether a report really comes from the provider: Resend signs as Svix does, HMAC-SHA256 over id, time and body.

https://docs.svix.com/receiving/verifying-payloads/how-manual. The SDK's own check knows one secret and takes the body
as text; ours takes several, because for a day both the old and the new one sign while a secret is changed.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from werkzeug.datastructures import Headers

from app.errors import UpfrontError

TOLERANCE = timedelta(minutes=5)
"""How far the time in a report may be from ours; what is recorded on the way cannot be sent again later."""

LONGEST_ID = 200


class WrongSignature(UpfrontError):
    """Whoever sent this did not prove to be the provider."""

    status = 401
    title = "This is not signed by the mail provider"


def check_signature(headers: Headers | Mapping[str, str], body: bytes, keys: Sequence[bytes], now: datetime) -> str:
    """The id of a report that one of `keys` has signed; the same report sent again has the same id.

    Raises:
        WrongSignature: a header is missing, the time is too far away, or none of the signatures is right.
    """
    message_id, sent_at = headers.get("svix-id", ""), headers.get("svix-timestamp", "")
    if not message_id or len(message_id) > LONGEST_ID or not _is_near(sent_at, now):
        raise WrongSignature
    signed = b".".join((message_id.encode(), sent_at.encode(), body))
    # `v1,<base64>`, several with spaces between them; versions that we do not know are none of ours.
    given = [one.removeprefix("v1,").encode() for one in headers.get("svix-signature", "").split() if one[:3] == "v1,"]
    right = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in keys]
    # All are compared, in the same time whichever is right.
    if not sum(hmac.compare_digest(one, other) for one in right for other in given):
        raise WrongSignature
    return message_id


def _is_near(sent_at: str, now: datetime) -> bool:
    if not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= 12):
        return False
    return abs(int(sent_at) - now.timestamp()) <= TOLERANCE.total_seconds()
