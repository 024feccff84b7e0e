"""The OpenID provider: Google, or what OIDC_ISSUER names in development."""

from typing import Any

from authlib.integrations.flask_client import FlaskOAuth2App
from flask import Flask, session

from app.config import Settings
from app.extensions import oauth

NAME = "google"
STATE_PREFIX = f"_state_{NAME}_"
BEGUN_AT_MOST = 3
"""Sign-ins that a browser may have open: each takes some hundred bytes of a cookie that holds four thousand."""


def register(app: Flask, settings: Settings) -> None:
    """Tell Authlib where the provider is. PKCE (RFC 7636) is not on by itself; the nonce is, with `openid`."""
    oauth.register(
        NAME,
        overwrite=True,
        client_id=settings.google_client_id,
        client_secret=settings.google_client_secret,
        server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "timeout": settings.timeouts.provider_seconds,
        },
    )


def provider() -> Any:  # Authlib's clients are not typed
    client: FlaskOAuth2App = oauth.create_client(NAME)
    return client


def begin(callback_url: str, *, next_path: str | None, choose_account: bool = False) -> str:
    """Where to send the browser. State, nonce, PKCE verifier and the way on stay in its cookie, one set for each tab.

    With `choose_account` the provider asks which of several accounts it shall be (OpenID Connect Core §3.1.2.1).

    Raises:
        requests.RequestException: the provider's metadata cannot be read.
    """
    client = provider()
    begun = client.create_authorization_url(callback_url, **({"prompt": "select_account"} if choose_account else {}))
    address = str(begun.pop("url"))
    _forget_oldest()
    client.save_authorize_data(redirect_uri=callback_url, next=next_path, **begun)
    return address


def find_next(state: str | None) -> str | None:
    """Where the sign-in of this state was to lead, if it was begun in this browser."""
    begun = provider().framework.get_state_data(session, state)
    return begun.get("next") if begun else None


def _forget_oldest() -> None:
    begun = sorted((key for key in session if key.startswith(STATE_PREFIX)), key=lambda key: float(session[key]["exp"]))
    for key in begun[: max(len(begun) - BEGUN_AT_MOST + 1, 0)]:
        session.pop(key)
