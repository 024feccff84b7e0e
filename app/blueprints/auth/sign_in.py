"""Sign-in with OpenID Connect: the same code talks to Google and, on a developer's machine, to the local provider."""

from collections.abc import Mapping
from typing import Any

import structlog
from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError
from requests import RequestException

from app.accounts import actions
from app.accounts.rules import ClaimsRefused, read_claims, safe_next
from app.blueprints.auth import blueprint
from app.blueprints.auth.provider import begin, find_next, provider
from app.extensions import limiter, settings
from app.live.announcements import tell_rights_changed, tell_session_ended
from app.web.members import end_session, find_person, get_person, start_session

log = structlog.get_logger(__name__)


@blueprint.get("/auth/sign-in")
def sign_in() -> ResponseReturnValue:
    """Say what signing in means, with one button."""
    target = safe_next(request.args.get("next"))
    if find_person() is not None:
        return redirect(target or url_for("auth.home"))
    return render_template("auth/sign_in.html", next=target, fault=None)


@blueprint.post("/auth/sign-in")
@limiter.limit("30 per minute")
def start() -> ResponseReturnValue:
    """Send the browser to the provider. State, nonce and PKCE verifier stay behind in the cookie, one set per tab."""
    target = safe_next(request.form.get("next"))
    try:
        callback_url = settings.base_url + url_for("auth.callback")
        return redirect(begin(callback_url, next_path=target, choose_account="choose" in request.form))
    except RequestException:
        return _refuse("Google does not answer just now. Try again in a moment.", 503, target)


@blueprint.get("/auth/callback")
@limiter.limit("30 per minute")
def callback() -> ResponseReturnValue:
    """Take the provider's answer, and open a session for whoever it vouches for."""
    target = safe_next(find_next(request.args.get("state")))
    browser = actions.Browser(request.user_agent.string, request.remote_addr or "")
    told: Mapping[str, Any] = {}
    try:
        told = provider().authorize_access_token()["userinfo"]
        claims = read_claims(told)
    except ClaimsRefused as refusal:
        actions.note_refused_sign_in(str(told.get("iss")), str(told.get("sub")), str(refusal), browser)
        return _refuse(str(refusal), 403, target)
    except MismatchingStateError:
        return _refuse("This sign-in was begun in another browser, or too long ago. Start again.", 400, target)
    except OAuthError as error:
        if error.error == "access_denied":
            return _refuse("You did not finish signing in with Google. Nothing was changed.", 200, target)
        log.warning("sign_in.refused", error=error.error, description=error.description)
        return _refuse("Google did not accept this sign-in. Start again.", 400, target)
    except (JoseError, KeyError, ValueError) as error:
        log.warning("sign_in.unverified", error=type(error).__name__, reason=str(error))
        return _refuse("Google's answer could not be verified. Start again.", 400, target)
    except RequestException:
        return _refuse("Google does not answer just now. Try again in a moment.", 503, target)
    earlier = find_person()
    start_session(actions.sign_in(claims, browser))
    if earlier is not None:  # this browser's last session is not left behind for whoever may have its token
        actions.sign_out(earlier.session_id, address=browser.address)
        tell_session_ended(earlier.session_id)
    return redirect(target or url_for("auth.home"))


@blueprint.post("/auth/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this browser's session; without one there is nothing to end."""
    person = find_person()
    if person is not None:
        actions.sign_out(person.session_id, address=request.remote_addr or "")
        tell_session_ended(person.session_id)
    end_session()
    return redirect(url_for("auth.sign_in"))


@blueprint.post("/auth/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    """End all sessions of the person, this one too."""
    person = get_person()
    actions.sign_out_everywhere(person.user_id, address=request.remote_addr or "")
    tell_rights_changed(person.user_id)
    end_session()
    return redirect(url_for("auth.sign_in"))


@blueprint.get("/")
@blueprint.get("/dashboard")
def home() -> ResponseReturnValue:
    """Where someone signed in begins: the organization that they used last, or the form that makes one."""
    last_used = get_person().last_used
    if last_used is None:
        return redirect(url_for("auth.onboarding"))
    return redirect(url_for("dashboard.overview", organization=last_used.slug))


@blueprint.get("/account")
def account() -> ResponseReturnValue:
    """The account's page is in the dashboard, whose frame needs an organization."""
    last_used = get_person().last_used
    if last_used is None:
        return redirect(url_for("auth.onboarding"))
    return redirect(url_for("dashboard.account", organization=last_used.slug))


def _refuse(fault: str, status: int, target: str | None) -> ResponseReturnValue:
    return render_template("auth/sign_in.html", next=target, fault=fault), status
