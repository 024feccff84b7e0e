"""The OpenID provider: Google, or what OIDC_ISSUER names in development."""

from typing import Any

from authlib.integrations.flask_client import FlaskOAuth2App
from flask import Flask

from app.config import Settings
from app.extensions import oauth

NAME = "google"


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
