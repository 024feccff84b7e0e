"""The person: who they are to us, and where they are signed in. Every member may change this, viewers too."""

from uuid import UUID

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts.actions import sign_out
from app.accounts.devices import device_name
from app.accounts.queries import sessions_of
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.errors import NotFound
from app.live.announcements import tell_session_ended
from app.web.members import current_member, end_session


@blueprint.get("/account")
def account() -> ResponseReturnValue:
    person = current_member.person
    sessions = [(session, device_name(session.user_agent)) for session in sessions_of(person.user_id)]
    return render_page("dashboard/account.html", sessions=sessions)


@blueprint.post("/account/sessions/<uuid:session_id>/end")
def end_one_session(session_id: UUID) -> ResponseReturnValue:
    """Sign one of their browsers out; it may be this one."""
    person = current_member.person
    if session_id not in {session.id for session in sessions_of(person.user_id)}:
        raise NotFound
    sign_out(session_id)
    tell_session_ended(session_id)
    if session_id == person.session_id:
        end_session()
        return redirect(url_for("auth.sign_in"), 303)
    return done("That browser is signed out.", "account")
