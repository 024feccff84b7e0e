"""A local OpenID Connect provider, so that a developer signs in through the very code that talks to Google.

It listens on 127.0.0.1 only, knows three people of the demo and lets anybody else in under the address they type. It
has no part in production and refuses to run there.
"""

import logging
import os
import signal
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from urllib.parse import quote

from flask import Flask, request
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader
from werkzeug.serving import make_server

from app.development.people import DEFAULT_PORT, HOST, PEOPLE


def create_provider() -> Flask:
    """The provider as a Flask application, with pages of our own: the library's load a style sheet from elsewhere."""
    with warnings.catch_warnings():
        # The library still uses parts of Authlib that will move one day.
        warnings.simplefilter("ignore")
        from oidc_provider_mock import User, init_app

    app = Flask(__name__)
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(Path(__file__).parent / "templates"), PackageLoader("oidc_provider_mock")]
    )
    plain = app.wsgi_app
    people = [User(sub=person.subject, claims=dict(claims(person.email, person.name))) for person in PEOPLE]
    init_app(app, user_claims=people)
    # The library turns the interactive debugger on, which runs code for whoever reaches the port.
    app.debug = False
    app.wsgi_app = plain  # type: ignore[method-assign]
    app.jinja_env.globals["people"] = {person.subject: person for person in PEOPLE}
    known = {person.subject for person in PEOPLE}

    @app.before_request
    def vouch_for_typed_address() -> None:
        """Left alone, the library would make a user whose e-mail is not verified, whom we rightly refuse."""
        subject = request.form.get("sub", "")
        signing_in = request.method == "POST" and request.path == "/oauth2/authorize"
        if signing_in and "@" in subject and subject not in known:
            name = subject.partition("@")[0].replace(".", " ").title()
            app.test_client().put(f"/users/{quote(subject, safe='@')}", json=claims(subject.lower(), name))
            known.add(subject)

    return app


def claims(email: str, name: str) -> Mapping[str, object]:
    """What the provider says about somebody."""
    return {"email": email, "email_verified": True, "name": name}


def main(environ: Mapping[str, str]) -> int:
    """Serve until told to stop."""
    if environ.get("APP_ENV", "development") == "production":
        print("The local sign-in lets anybody in and does not run in production.", file=sys.stderr)
        return 1
    port = int(environ.get("IDENTITY_PORT", DEFAULT_PORT))
    # The library that speaks OAuth refuses plain HTTP otherwise; it never leaves this machine.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    with make_server(HOST, port, create_provider(), threaded=True) as server:
        server.serve_forever()
    return 0


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main(os.environ))
