"""Headers on every answer, errors too: what a browser may load, and what it must not guess (OWASP secure headers)."""

from flask import Flask, Response, g, request

from app.domains.hosts import asked_domain
from app.web.gate import is_private_answer


def content_policy(*form_targets: str, style: str = "", frames: bool = False, framed: bool = False) -> str:
    """What a page may load, and where its forms may lead: to us, and on to `form_targets` (origins).

    Browsers hold the redirect that answers a form to `form-action` too, so a form that sends on must name where.

    Args:
        style: a source of styles besides our own: the hash of one that stands in the page.
        frames: the page may show another one of ours in a frame.
        framed: it may itself be shown in a frame, by us.
    """
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": " ".join(filter(None, ["'self'", style])),
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        **({"frame-src": "'self'"} if frames else {}),
        "form-action": " ".join(["'self'", *form_targets]),
        "frame-ancestors": "'self'" if framed else "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


POLICY = content_policy()

FIXED = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains"
TRANSPORT_SECURITY_OF_OTHERS = "max-age=2592000"
"""On a domain of a customer's: a month, and nothing about their other hosts."""


def register(app: Flask, *, https: bool) -> None:
    """Set the headers on each answer. `https` adds the promise that this host is never asked in clear."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        if https:
            promise = TRANSPORT_SECURITY_OF_OTHERS if asked_domain(request.environ) else TRANSPORT_SECURITY
            response.headers.setdefault("Strict-Transport-Security", promise)
        if "Cache-Control" not in response.headers or is_private_answer():
            # What says nothing of its own may be somebody's, and what is private is: no shared cache may keep it.
            response.headers["Cache-Control"] = "private, no-store"
        if is_private_answer() or g.get("is_unlisted"):
            response.headers["X-Robots-Tag"] = "noindex"
        if "request_id" in g:
            response.headers["X-Request-Id"] = g.request_id
        # Whoever may see a private page from where they are must not have it read by every site that they open.
        if request.path.startswith("/api/") and not is_private_answer():
            response.headers.setdefault("Access-Control-Allow-Origin", "*")
        return response
