"""Answers that are made while they are sent, however long they are."""

from collections.abc import Iterable, Iterator

from flask import Flask, Response, current_app


def attachment(pieces: Iterable[str], *, name: str, content_type: str) -> Response:
    """A file to keep, sent as its pieces are made. Nothing may be open from one piece to the next.

    Args:
        pieces: each is made in an application context of its own; the request is over by then.
        name: what the file is called, in ASCII and without quotes.
        content_type: with its charset.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # typed as what it stands for
    response = Response(_made_one_by_one(app, iter(pieces)), content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _made_one_by_one(app: Flask, pieces: Iterator[str]) -> Iterator[str]:
    while True:
        with app.app_context():
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
