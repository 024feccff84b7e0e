"""Pages: the list, a new one, where one is, and how one goes. Admins only."""

from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.addresses.actions import move_page
from app.addresses.catalogue import get_page_details, list_pages
from app.addresses.pages import check_page_slug, create_page, delete_page, get_hanging
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.blueprints.dashboard.page_forms import DeletionForm, NewPageForm, SlugForm
from app.errors import Invalid, InvalidTransition
from app.extensions import limiter
from app.organizations.rules import Role
from app.web.forms import REFUSED, add_faults
from app.web.members import current_member, of_organization, requires

CREATION_LIMIT = "20 per hour; 50 per day"
"""For one organization: each page takes an address that nobody else can have."""
MOVING_LIMIT = "20 per day"
"""For one organization, likewise: the old address is kept."""


@blueprint.get("/pages")
@requires(Role.ADMIN)
def list_all_pages() -> ResponseReturnValue:
    return render_page("dashboard/pages/list.html", pages=list_pages(current_member.actor))


@blueprint.get("/pages/new")
@requires(Role.ADMIN)
def new_page() -> ResponseReturnValue:
    return _render_new(NewPageForm(formdata=None, time_zone=current_member.membership.time_zone))


@blueprint.post("/pages")
@requires(Role.ADMIN)
@limiter.limit(
    CREATION_LIMIT, key_func=of_organization("pages"), deduct_when=lambda response: response.status_code < 400
)
def add_page() -> ResponseReturnValue:
    form = NewPageForm()
    try:
        page = create_page(form.to_new_page(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_new(form, REFUSED)
    said = f"{page.name} is there. It shows all services; choose what it shall show."
    return done(said, "edit_page", page_id=page.id)


@blueprint.get("/pages/slug")
@requires(Role.ADMIN)
@limiter.limit("120 per minute")
def look_up_page_slug() -> ResponseReturnValue:
    """While somebody types: is this address to be had? The name of a new page suggests one."""
    form = NewPageForm(formdata=request.args, meta={"csrf": False})
    if "name" in request.args:
        form.suggest_slug()
    fault = check_page_slug(form.slug.data, by=current_member.actor) if form.slug.data else None
    form.slug.errors = [fault] if fault else []
    is_free = bool(form.slug.data) and not fault
    return render_template("dashboard/pages/_slug.html", form=form, is_free=is_free, suggests=True)


@blueprint.get("/pages/<uuid:page_id>/address")
@requires(Role.ADMIN)
def page_address(page_id: UUID) -> ResponseReturnValue:
    details = get_page_details(current_member.actor, page_id)
    form = SlugForm(formdata=None, slug=details.address.slug)
    return render_page("dashboard/pages/address.html", form=form, details=details)


@blueprint.post("/pages/<uuid:page_id>/address")
@requires(Role.ADMIN)
@limiter.limit(MOVING_LIMIT, key_func=of_organization("pages"), deduct_when=lambda response: response.status_code < 400)
def change_page_address(page_id: UUID) -> ResponseReturnValue:
    form = SlugForm()
    try:
        move_page(page_id, form.slug.data, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        details = get_page_details(current_member.actor, page_id)
        return render_page("dashboard/pages/address.html", REFUSED, form=form, details=details)
    return done(f"The page is at “{form.slug.data}” now.", "page_address", page_id=page_id)


@blueprint.get("/pages/<uuid:page_id>/address/slug")
@requires(Role.ADMIN)
@limiter.limit("120 per minute")
def look_up_moved_slug(page_id: UUID) -> ResponseReturnValue:
    """While somebody types another address for a page that is there."""
    form = SlugForm(formdata=request.args, meta={"csrf": False})
    details = get_page_details(current_member.actor, page_id)
    is_other = bool(form.slug.data) and form.slug.data != details.address.slug
    fault = check_page_slug(form.slug.data, by=current_member.actor, page_id=page_id) if is_other else None
    form.slug.errors = [fault] if fault else []
    return render_template("dashboard/pages/_slug.html", form=form, is_free=is_other and not fault, page_id=page_id)


@blueprint.get("/pages/<uuid:page_id>/delete")
@requires(Role.ADMIN)
def confirm_page_deletion(page_id: UUID) -> ResponseReturnValue:
    return _ask(page_id, DeletionForm(formdata=None))


@blueprint.post("/pages/<uuid:page_id>/delete")
@requires(Role.ADMIN)
def remove_page(page_id: UUID) -> ResponseReturnValue:
    form = DeletionForm()
    try:
        delete_page(page_id, form.confirmation.data, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _ask(page_id, form, REFUSED)
    except InvalidTransition as last:
        form.form_errors.append(last.detail)
        return _ask(page_id, form, last.status)
    return done("The page is deleted.", "list_all_pages")


def _render_new(form: NewPageForm, status: int = 200) -> ResponseReturnValue:
    return render_page("dashboard/pages/new.html", status, form=form)


def _ask(page_id: UUID, form: DeletionForm, status: int = 200) -> ResponseReturnValue:
    return render_page(
        "dashboard/pages/delete.html",
        status,
        form=form,
        details=get_page_details(current_member.actor, page_id),
        hanging=get_hanging(page_id, by=current_member.actor),
    )
