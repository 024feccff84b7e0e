"""What the proxy in front of us asks before it gets a certificate for a host that somebody named."""

from flask import Response, request

from app.blueprints.public import blueprint
from app.domains.queries import find_slug_at
from app.domains.rules import normalize_host
from app.web.limits import limited_misses


@blueprint.get("/domains/ask")
@limited_misses
def ask_for_certificate() -> Response:
    """200 for a domain that a page has, 404 for any other: nobody can have us get certificates without end.

    Caddy asks so, by `on_demand_tls` (docs/custom-domains.md). The answer is no secret: who opens the domain sees it.
    """
    host = normalize_host(request.args.get("domain", ""))
    is_ours = bool(host) and find_slug_at(host) is not None
    return Response("yes\n" if is_ours else "no\n", 200 if is_ours else 404, content_type="text/plain; charset=utf-8")
