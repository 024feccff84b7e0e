"""A second lock beside the CSRF token: a write must come from our own pages."""

from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.datastructures import Headers

from app.errors import Denied

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
MACHINE_ENDPOINTS = frozenset({"public.unsubscribe", "webhooks.resend"})
"""Called by programs without a page of ours behind them: mail programs (RFC 8058 §3.2), whose token is all that they
need, and the mail provider, who signs."""


def comes_from_elsewhere(headers: Headers, host: str) -> bool:
    """Whether a browser says that another site sent this (Fetch Metadata; Origin where that is missing)."""
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != host


def register(app: Flask) -> None:
    @app.before_request
    def refuse_writes_from_elsewhere() -> None:
        if request.method in SAFE_METHODS or request.endpoint in MACHINE_ENDPOINTS:
            return
        if comes_from_elsewhere(request.headers, request.host):
            raise Denied("This came from another site. Open Upfront itself and try again.")
