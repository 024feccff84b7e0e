"""Secrets that are given out once: only their SHA-256 is kept, so a copy of the database opens nothing."""

import hashlib
import hmac
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """256 random bits in URL-safe letters."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """What is stored of a token. The token is random, so a plain hash is enough (no salt, no stretching)."""
    return hashlib.sha256(token.encode()).digest()


def derived_token(secret_key: str, *purpose: str) -> str:
    """A token that can be made again from the same purpose, for links that stand in every mail.

    128 bits of an HMAC: whoever lacks the secret key can neither guess nor make one.
    """
    message = "\x1f".join(purpose).encode()
    digest = hmac.digest(secret_key.encode(), message, "sha256")
    return digest[:16].hex()
