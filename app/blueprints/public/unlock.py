"""Where visitors of a private page show that they may see it: by a password, or by a link in a mail."""

from flask import Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import PasswordField, StringField, ValidationError

from app.access.grants import Grant, read_pass
from app.access.links import find_link, request_link, spend_link
from app.access.passwords import is_password
from app.access.queries import read_access, read_password_hash
from app.access.rules import Way
from app.blueprints.public import blueprint
from app.blueprints.public.forms import PublicForm
from app.errors import NotFound
from app.extensions import limiter
from app.pages.address import PageAddress
from app.sentences import Sentence
from app.text.addresses import check_address, normalize_address
from app.web.access import challenge, safe_path
from app.web.addresses import get_asked_page
from app.web.forms import REFUSED
from app.web.gate import find_admission, give_grant, keep_private
from app.web.limits import count_link, count_password

LINK_LIMIT = "60 per minute"


class PasswordForm(PublicForm):
    password = PasswordField("Password")
    leads_to = StringField("Where to go on")


class LinkForm(PublicForm):
    email = StringField("E-mail address", filters=[lambda typed: normalize_address(typed or "")])

    def validate_email(self, field: StringField) -> None:
        if fault := check_address(field.data):
            raise ValidationError(fault)


@blueprint.get("/<slug>/unlock")
@limiter.limit(LINK_LIMIT)
def show_unlock(slug: str) -> ResponseReturnValue:
    page = _closed_page(slug)
    return challenge(page) if find_admission(page) is None else redirect(page.front, 303)


@blueprint.post("/<slug>/unlock")
@limiter.limit(LINK_LIMIT)
def unlock(slug: str) -> ResponseReturnValue:
    """Take a password, or send a link: the answer to an address is the same whether it is on the list."""
    page = _closed_page(slug)
    match read_access(page).way:
        case Way.PASSWORD:
            return _take_password(page)
        case Way.ADDRESSES:
            return _send_link(page)
    return challenge(page)


@blueprint.get("/<slug>/unlock/<token>")
@limiter.limit(LINK_LIMIT)
def show_unlock_link(slug: str, token: str) -> ResponseReturnValue:
    """A button to press: mail scanners open every link they find, and a link is good for once."""
    page = _closed_page(slug)
    if _member_of(page, token) is None and not find_link(page, token):
        return render_template("public/unlock_expired.html", page=page), 404
    return render_template("public/unlock_link.html", page=page, token=token)


@blueprint.post("/<slug>/unlock/<token>")
@limiter.limit(LINK_LIMIT)
def use_unlock_link(slug: str, token: str) -> ResponseReturnValue:
    page = _closed_page(slug)
    try:
        return _let_in(page, _member_of(page, token) or spend_link(page, token), page.front)
    except NotFound:
        return render_template("public/unlock_expired.html", page=page), 404


def _closed_page(slug: str) -> PageAddress:
    """The private page that somebody wants to see.

    Raises:
        NotFound: there is none, or it is open to all.
    """
    page = get_asked_page(slug)
    if not page.is_private:
        raise NotFound
    keep_private()
    return page


def _take_password(page: PageAddress) -> ResponseReturnValue:
    form = PasswordForm()
    leads_to = safe_path(page, form.leads_to.data or "")
    count_password(page.page_id)
    if not is_password(form.password.data or "", read_password_hash(page)):
        fault = Sentence("This is not the password. Check whether capitals are right, or ask whoever runs this page.")
        return challenge(page, Way.PASSWORD, REFUSED, leads_to=leads_to, fault=fault)
    return _let_in(page, Grant(page.page_id, page.access_version, Way.PASSWORD), leads_to)


def _send_link(page: PageAddress) -> ResponseReturnValue:
    form = LinkForm()
    if not form.validate():
        return challenge(
            page, Way.ADDRESSES, REFUSED, fault=form.email.errors[0], email=request.form.get("email", "")[:254]
        )
    count_link()
    request_link(page, form.email.data)
    return challenge(page, Way.ADDRESSES, sent_to=form.email.data)


def _member_of(page: PageAddress, token: str) -> Grant | None:
    """The grant of a member who comes from our own host, where they are signed in."""
    grant = read_pass(token)
    expected = (page.page_id, page.access_version)
    return grant if grant is not None and (grant.page_id, grant.access_version) == expected else None


def _let_in(page: PageAddress, grant: Grant, leads_to: str) -> Response:
    response = redirect(leads_to, 303)
    return give_grant(response, grant, page)  # type: ignore[arg-type]  # what Flask's redirect makes is one of its responses
