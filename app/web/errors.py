"""One place where an error becomes an answer: a page, a fragment or problem JSON, by who asks."""

from uuid import uuid4

import structlog
from flask import Flask, Response, g, json, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from htmx_flask import request as htmx_request
from redis import RedisError
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.domains.hosts import is_nobodys
from app.errors import NotFound, SignInRequired, TooMany, Unavailable, UpfrontError
from app.pages.address import PageAddress
from app.sentences import Sentence
from app.text.speech import words
from app.web.access import ask_for_access
from app.web.addresses import find_page_around, find_page_asked_too_often
from app.web.frames import frame_of
from app.web.gate import Locked, wants_document
from app.web.languages import speak_to_visitor

log = structlog.get_logger(__name__)


class HttpFault(UpfrontError):
    """A fault that the framework found: wrong method, wrong media type."""

    def __init__(self, error: HTTPException) -> None:
        super().__init__(error.description or "")
        self.status = error.code or 500
        self.title = error.name


class TooLarge(UpfrontError):
    """A form or a file is larger than what is read at all."""

    status = 413
    title: str = Sentence("That is more than can be sent at once")


class UnknownHost(NotFound):
    """The request names a host that is no page's."""

    title: str = Sentence("There is no status page at this domain")


class FormExpired(UpfrontError):
    """A form whose CSRF token is missing or belongs to an earlier session."""

    status = 400
    title: str = Sentence("This form has expired")


def register(app: Flask) -> None:
    """Give each request a number, and each error an answer."""

    @app.before_request
    def number_request() -> None:
        g.request_id = uuid4().hex[:12]

    @app.before_request
    def refuse_unknown_hosts() -> None:
        if is_nobodys(request.environ):
            raise UnknownHost

    app.register_error_handler(UpfrontError, answer)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(CSRFError, _answer_expired)
    app.register_error_handler(RateLimitExceeded, _answer_too_many)
    app.register_error_handler(OperationalError, _answer_unavailable)
    app.register_error_handler(RedisError, _answer_unavailable)
    app.register_error_handler(Exception, _answer_broken)


def answer(error: UpfrontError) -> ResponseReturnValue:
    """The error as the asker can read it. A missing and a foreign thing give the same bytes."""
    if isinstance(error, SignInRequired):
        return _send_to_sign_in()
    if "spoken" not in g and request.blueprint in (None, "public"):
        speak_to_visitor()
    response = _problem(error) if request.path.startswith("/api/") else _readable(error)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _readable(error: UpfrontError) -> Response:
    if isinstance(error, UnknownHost):
        return make_response(render_template("errors/unknown_host.html", error=error, host=request.host), error.status)
    if isinstance(error, Locked) and not htmx_request.htmx:
        return ask_for_access(error) if wants_document() else _plain(error)
    if not htmx_request.htmx and (page := _find_page_around(error)) is not None:
        return make_response(render_template("errors/in_page.html", page=frame_of(page), error=error), error.status)
    return _page_or_fragment(error)


def _find_page_around(error: UpfrontError) -> PageAddress | None:
    """The page below which something is not there, or was asked for too often, if whoever asks may see it."""
    try:
        if isinstance(error, TooMany):
            return find_page_asked_too_often()
        return find_page_around() if isinstance(error, NotFound) else None
    except UpfrontError:
        return None
    except (SQLAlchemyError, RedisError):  # what is not there is said without a database, too
        log.warning("request.page_unknown", exc_info=True)
        return None


def _plain(error: Locked) -> Response:
    """For programs, and for what a page loads by itself."""
    return Response(
        f"{words(error.title)}. {words(error.detail)}\n", error.status, content_type="text/plain; charset=utf-8"
    )


def _page_or_fragment(error: UpfrontError) -> Response:
    template = "errors/_error.html" if htmx_request.htmx else "errors/error.html"
    # Only what is our fault shows its number: elsewhere it would make equal answers differ.
    number = g.get("request_id") if error.status >= 500 else None
    return make_response(render_template(template, error=error, request_id=number), error.status)


def _problem(error: UpfrontError) -> Response:
    """RFC 9457: `type` is about:blank, so the title says no more than the status does."""
    problem: dict[str, object] = {"type": "about:blank", "title": error.title, "status": error.status}
    if error.detail:
        problem["detail"] = error.detail
    response = make_response(json.dumps(problem), error.status)
    response.content_type = "application/problem+json"
    return response


def _send_to_sign_in() -> ResponseReturnValue:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    address = url_for("auth.sign_in", next=wanted)
    if htmx_request.htmx:
        return "", 401, {"HX-Redirect": address}
    return redirect(address)


def _answer_http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or (error.code is not None and error.code < 400):
        return error
    response = make_response(answer(_fault_of(error)))
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())  # RFC 9110 §15.5.6: a 405 names what is allowed
    return response


def _fault_of(error: HTTPException) -> UpfrontError:
    if error.code == 404:
        return NotFound()
    if error.code == 413:
        return TooLarge(
            Sentence("Nothing was changed. Go back, shorten it or choose a smaller file, and send it again.")
        )
    return HttpFault(error)


def _answer_expired(error: CSRFError) -> ResponseReturnValue:
    log.info("request.form_expired", route=_route(), why=error.description)
    return answer(FormExpired())


def _answer_too_many(error: RateLimitExceeded) -> ResponseReturnValue:
    return answer(TooMany(int(error.limit.limit.get_expiry()) if error.limit else 60))


def _answer_unavailable(error: DBAPIError | RedisError) -> ResponseReturnValue:
    log.error("request.unavailable", route=_route(), request_id=g.get("request_id"), exc_info=error)
    return answer(Unavailable(Sentence("Nothing was changed. Try again in a moment.")))


def _answer_broken(error: Exception) -> ResponseReturnValue:
    log.error("request.broken", route=_route(), request_id=g.get("request_id"), exc_info=error)
    return answer(
        UpfrontError(Sentence("Nothing was changed. Try again; if it happens again, send us the number below."))
    )


def _route() -> str | None:
    """The address without what was filled in: that of a subscriber's page is a secret, and no secret is logged."""
    return None if request.url_rule is None else request.url_rule.rule
