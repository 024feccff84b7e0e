"""What the tests' own gunicorn serves: the live part alone, without database or templates.

Each test has a page of its own, by its name in the address. What a test wants to become true there, or to know of the
process, it asks for at `/<name>/truth`.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from flask import Flask, Response, request, send_from_directory
from redis import Redis

from app import clock
from app.config import SocketLimits
from app.errors import NotFound, Unavailable, UpfrontError
from app.live import echo, hub, sockets
from app.live.fragments import Fragments, Pieces, read_mark
from app.live.revisions import revisions
from app.live.sock import Sock, Upgrade
from app.live.sockets import Live
from app.web.headers import POLICY

HTMX_CONFIG = '{"extensions":"ws","includeIndicatorCSS":false,"morphIgnore":["data-htmx-powered","open"]}'
STATIC = Path(__file__).parents[2] / "app" / "static"


def number_from_environment(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


sockets.ROUND_SECONDS = 0.2  # no test waits for ten seconds
hub.ROUND_SECONDS = 0.1

app = Flask(__name__, static_folder=None)
sock = Sock()
live = Live(
    SocketLimits(
        per_address=number_from_environment("PER_ADDRESS", 1000),
        per_page=number_from_environment("PER_PAGE", 1000),
        ping_seconds=number_from_environment("PING_SECONDS", 25),
        idle_seconds=number_from_environment("IDLE_SECONDS", 75),
    )
)


@dataclass
class Truth:
    """What the database would say of one page."""

    revision: int = 1
    parts: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    day_seconds: float = 0
    """How long this page's days are; 0: they never end."""
    renders: int = 0
    is_broken: bool = False
    is_gone: bool = False
    is_hidden: bool = False
    """Whoever looks for revisions does not find this one: only a push can tell."""
    is_barred: bool = False
    """No new socket is let in: as behind a proxy that knows none."""
    is_signed_out: bool = False
    asked: int = 0
    """How often somebody asked whether a member is still allowed."""

    def render(self) -> Fragments:
        self.renders += 1
        if self.is_broken:
            raise RuntimeError("the database is away")
        if self.is_gone:
            raise NotFound
        rows = {row_id: f'<li id="{row_id}">{text}</li>' for row_id, text in self.rows.items()}
        services = f'<ul id="services">{"".join(rows.values())}</ul>'
        day = self.day()
        parts = self.parts | {"services": services} | ({} if day is None else {"day": f'<p id="day">{day}</p>'})
        turns_at = None if day is None else datetime.fromtimestamp((day + 1) * self.day_seconds, UTC)
        return Fragments(self.revision, parts, {"services": Pieces(tuple(rows), rows)}, turns_at)

    def day(self) -> int | None:
        """Today's number."""
        return int(clock.now().timestamp() // self.day_seconds) if self.day_seconds else None

    def still_allowed(self) -> bool:
        self.asked += 1
        return not self.is_signed_out


truths: dict[str, Truth] = defaultdict(Truth)


def organization(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, name)


def read_revisions(organization_ids: Collection[UUID]) -> Mapping[UUID, int]:
    known = {organization(name): truth for name, truth in truths.items()}
    return {each: known[each].revision for each in organization_ids if each in known and not known[each].is_hidden}


def start(is_stopping: Callable[[], bool]) -> None:
    """Called by gunicorn's hook."""
    live.start(Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:1")), read_revisions, is_stopping)


@app.errorhandler(UpfrontError)
def refuse(error: UpfrontError) -> tuple[str, int]:
    return error.title, error.status


@sock.route("/<name>/live")
def visitor_socket(name: str) -> Upgrade:
    if truths[name].is_barred:
        raise Unavailable
    return live.serve_visitor(request, name, organization(name), truths[name].render)


@sock.route("/<name>/dashboard/live")
def member_socket(name: str) -> Upgrade:
    truth = truths[name]
    keys = [f"session-{name}", f"user-{name}"]
    return live.serve_member(
        request, f"{name}/dashboard", organization(name), truth.render, still_allowed=truth.still_allowed, keys=keys
    )


@sock.route("/broken/live")
def broken_socket() -> Upgrade:
    return Upgrade(partial(int, "not a number"))


@app.get("/<name>/fragments")
def fragments(name: str) -> Response:
    held = read_mark(request.args)
    body = live.fragments_since(name, organization(name), truths[name].render, held)
    return Response(status=204) if body is None else Response(body)


@app.get("/<name>/page")
def page(name: str) -> Response:
    """A page as ours are: strict policy, nothing inline, what changes lies in parts."""
    shown = truths[name].render()
    address = f"/{name}/live?revision={shown.mark.revision}&amp;until={shown.mark.until}"
    html = f"""<!doctype html><html lang="en"><head><title>Page</title><link rel="icon" href="data:,">
    <meta name="htmx-config" content='{HTMX_CONFIG}'>
    <script src="/htmx.js" defer></script>
    <script src="/static/js/live.js" type="module"></script></head>
    <body>{"".join(shown.parts.values())}<span class="live" data-live="waiting"></span>
    <div id="live" hx-ws:connect="{address}"></div></body></html>"""
    return Response(html, headers={"Content-Security-Policy": POLICY})


@app.get("/htmx.js")
def htmx() -> Response:
    """Joined as ours are: htmx begins as soon as it is there, and must find its extension."""
    files = [STATIC / "vendor" / name for name in ("htmx.min.js", "hx-ws.min.js")]
    return Response("\n".join(file.read_text() for file in files), mimetype="text/javascript")


@app.get("/static/<path:path>")
def static_file(path: str) -> Response:
    return send_from_directory(STATIC, path)


@app.get("/plain")
def plain() -> str:
    return "plain"


@app.post("/<name>/truth")
def change(name: str) -> dict[str, object]:
    """Change what is true; `advance` tells this process too, as a push would; `close` ends all sockets with a code."""
    told = request.get_json()
    truth = truths[name]
    advance, code = told.pop("advance", False), told.pop("close", None)
    for attribute, value in told.items():
        setattr(truth, attribute, value)
    if advance:
        revisions.advance(organization(name), truth.revision)
    if code is not None:
        for connection in tuple(live._hub._connections):
            connection.close(code)
    return {
        "renders": truth.renders,
        "asked": truth.asked,
        "sockets": len(live),
        "day": truth.day(),
    }


echo.register(sock)
sock.init_app(app)
