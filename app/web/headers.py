"""Headers on every answer, errors too: what a browser may load, and what it must not guess (OWASP secure headers)."""

from flask import Flask, Response, g, request


def content_policy(*form_targets: str) -> str:
    """What a page may load, and where its forms may lead: to us, and on to `form_targets` (origins).

    Browsers hold the redirect that answers a form to `form-action` too, so a form that sends on must name where.
    """
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": " ".join(["'self'", *form_targets]),
        "frame-ancestors": "'none'",
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


def register(app: Flask, *, https: bool) -> None:
    """Set the headers on each answer. `https` adds the promise that this host is never asked in clear."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers.setdefault("Strict-Transport-Security", TRANSPORT_SECURITY)
        if "Cache-Control" not in response.headers:
            # What says nothing of its own may be somebody's: no shared cache may keep it.
            response.headers["Cache-Control"] = "private, no-store"
        if "request_id" in g:
            response.headers["X-Request-Id"] = g.request_id
        if request.path.startswith("/api/"):
            response.headers.setdefault("Access-Control-Allow-Origin", "*")
        return response
