"""Signs as the provider does."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

SECRET = "whsec_" + base64.b64encode(b"known to the provider").decode()
NEXT_SECRET = "whsec_" + base64.b64encode(b"known to the provider from tomorrow on").decode()


def key_of(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))


def signed(body: bytes, at: datetime, *, message_id: str = "msg_1", secret: str = SECRET) -> dict[str, str]:
    """The headers with which the provider sends this body."""
    timestamp = str(int(at.timestamp()))
    digest = hmac.new(key_of(secret), f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "svix-id": message_id,
        "svix-timestamp": timestamp,
        "svix-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def payload(kind: str, provider_id: str = "mail-0", at: str = "2026-11-21T10:00:00.000Z", **details: Any) -> bytes:
    """A webhook's body as Resend writes it."""
    data = {"email_id": provider_id, "from": "a@up.example", "to": ["ada@customer.example"], **details}
    return json.dumps({"type": kind, "created_at": at, "data": data}).encode()
