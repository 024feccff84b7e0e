"""The key that push services know us by (VAPID, RFC 8292). It is made from `SECRET_KEY`, so that there is none to set:
who changes that one has every browser ask anew, like every link in a mail.
"""

import base64
import hmac
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256: private keys are the numbers below it, without 0."""


def signing_key(secret_key: str) -> ec.EllipticCurvePrivateKey:
    """The private key that goes with this installation's secret. The same each time."""
    # 512 bits, so that all numbers below the order are as likely as each other.
    digest = hmac.digest(secret_key.encode(), b"upfront.push.vapid", "sha512")
    return ec.derive_private_key(int.from_bytes(digest) % (_ORDER - 1) + 1, ec.SECP256R1())


@cache
def public_key(secret_key: str) -> str:
    """What a browser subscribes with: the uncompressed point, in URL-safe Base64 without padding."""
    point = signing_key(secret_key).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
