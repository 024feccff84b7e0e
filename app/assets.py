"""Static files under addresses that change with their content, compressed once per process.

`/static/public.1f0c9a2b77de.css` may be kept for ever: other content has another address. There is no build step; what
a page needs together is joined here, at the start.
"""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import brotli
from flask import Flask, Response, abort, request

DIGEST_LENGTH = 12
KEEP_FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"

_STYLE = ("css/tokens.css", "css/base.css", "css/components.css")
BUNDLES = {
    "public.css": (*_STYLE, "css/public.css"),
    "dashboard.css": (
        *_STYLE,
        "css/dashboard.css",
        "css/members.css",
        "css/overview.css",
        "css/analytics.css",
        "css/subscribers.css",
    ),
    "htmx.js": ("vendor/htmx.min.js", "vendor/hx-ws.min.js"),
}
"""Names that exist only as the files they join."""

_HASHED = re.compile(rf"(?P<stem>.+)\.(?P<digest>[0-9a-f]{{{DIGEST_LENGTH}}})(?P<suffix>\.\w+)")
_COMPRESSIBLE = {".css", ".js", ".svg", ".txt"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent. `encodings` holds it compressed, best first; empty where that gains nothing."""

    content: bytes
    digest: str
    media_type: str
    encodings: dict[str, bytes]


class Assets:
    """All static files of a folder, in memory."""

    def __init__(self, folder: Path) -> None:
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        joined = {name: b"\n".join(files[part] for part in parts) for name, parts in BUNDLES.items()}
        self._assets = {name: _prepare(name, content) for name, content in (files | joined).items()}

    def address(self, name: str) -> str:
        """The path below the static folder that a page should ask for.

        Raises:
            KeyError: there is no such file: a page must not be rendered with a dead link.
        """
        path = PurePosixPath(name)
        return str(path.with_name(f"{path.stem}.{self._assets[name].digest}{path.suffix}"))

    def content(self, name: str) -> bytes:
        """What stands in a file.

        Raises:
            KeyError: there is no such file.
        """
        return self._assets[name].content

    def find(self, address: str) -> tuple[Asset, bool] | None:
        """The file for an address, and whether the address names exactly this content.

        A page from before a deployment may still ask for the last content: it gets the new one, but must ask again.
        """
        if address in self._assets:
            return self._assets[address], False
        match = _HASHED.fullmatch(address)
        asset = self._assets.get(match["stem"] + match["suffix"]) if match else None
        return (asset, asset.digest == match["digest"]) if asset and match else None


@cache
def load(folder: Path, _changed_at: float = 0) -> Assets:
    """The files of this folder; read once, however many applications are made in this process."""
    return Assets(folder)


def read_static(app: Flask, name: str) -> bytes:
    """What stands in a static file, to be served elsewhere.

    Raises:
        KeyError: there is no such file.
    """
    return load(Path(app.root_path) / "static").content(name)


def register(app: Flask) -> None:
    """Serve `/static/` from memory, and give templates `static_url('public.css')`."""
    folder = Path(app.root_path) / "static"

    def assets() -> Assets:
        # Who works on the look sees a change with the next request.
        return load(folder, max(path.stat().st_mtime for path in folder.rglob("*"))) if app.debug else load(folder)

    def static_url(name: str) -> str:
        return f"/static/{assets().address(name)}"

    def serve(filename: str) -> Response:
        found = assets().find(filename)
        if found is None:
            abort(404)
        return _answer(*found)

    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=serve)
    app.add_template_global(static_url)
    load(folder)


def _prepare(name: str, content: bytes) -> Asset:
    encodings: dict[str, bytes] = {}
    if PurePosixPath(name).suffix in _COMPRESSIBLE:
        # `mtime=0`: the same content gives the same bytes in each process.
        candidates = {"br": brotli.compress(content), "gzip": gzip.compress(content, mtime=0)}
        encodings = {name: body for name, body in candidates.items() if len(body) < len(content)}
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(content, hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH], media_type, encodings)


def _answer(asset: Asset, is_current: bool) -> Response:
    accepted = request.accept_encodings
    encoding = next((name for name in asset.encodings if accepted.quality(name) > 0), None)
    response = Response(asset.encodings[encoding] if encoding else asset.content, mimetype=asset.media_type)
    if encoding:
        response.content_encoding = encoding
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = KEEP_FOR_EVER if is_current else ASK_AGAIN
    response.set_etag(f"{asset.digest}-{encoding}" if encoding else asset.digest)
    response.make_conditional(request)
    return response
