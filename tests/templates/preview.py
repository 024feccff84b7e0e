"""Every public template with made-up values, for looking at and for the tests beside this file.

`python -m tests.templates.preview` serves it on http://127.0.0.1:8600/; the start page lists what there is.
"""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

from flask import Flask, abort, render_template, request
from flask_wtf.csrf import generate_csrf
from jinja2 import ChoiceLoader, FileSystemLoader
from wtforms import BooleanField, Form, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import Length, Regexp

from app import assets, templating
from app.errors import Conflict, Denied, NotFound, TooMany, Unavailable, UpfrontError
from app.incidents.rules import Impact, Stage
from app.organizations.rules import Role
from app.pages.days import ServiceHistory, UptimeView
from app.pages.months import by_month
from app.pages.views import PageView, ServiceView
from app.services.rollups.views import DayLengths
from app.subscribers.rules import Choices, NewsKind
from app.text import speech
from app.web import headers
from tests.templates.scenes import BACKUPS, CERTIFICATES, ERRORS, NETWORK, SCENES, SLOW, TROUBLE, day_detail

APP = Path(__file__).parents[2] / "app"

ERROR_KINDS: dict[str, UpfrontError] = {
    "denied": Denied("You are a viewer at Northwind Cloud. Ask an admin if you need to do this."),
    "missing": NotFound(),
    "conflict": Conflict("Tom posted an update while you were writing."),
    "too-many": TooMany(12),
    "broken": UpfrontError(),
    "unavailable": Unavailable(),
}

STATES = ("subscribe-sent", "subscribe-refused", "confirm", "confirmed", "preferences", "unsubscribe", "unsubscribed")


class ChoicesForm(Form):
    kinds = StringField()
    services = StringField()
    language = StringField()


class SubscribeForm(Form):
    email = StringField("E-mail address", [Regexp(r"[^@\s]+@[^@\s]+\.\w+", message="Write it like name@example.com.")])


class ReportForm(Form):
    """Shows each kind of field that components/forms.html makes."""

    title = StringField("What is wrong?", [Length(min=2, message="Use at least two characters.")])
    stage = RadioField("Where are you?", choices=[SelectChoice(stage.value, stage.label) for stage in Stage])
    impact = SelectField("Impact", choices=[SelectChoice(impact.value, impact.label) for impact in Impact])
    message = TextAreaField("Message", [Length(min=1, message="Say what users see and what you are doing.")])
    silent = BooleanField("Tell nobody by mail")


def create_preview() -> Flask:
    """An application that has templates and static files only: no database, no Redis, no account."""
    app = Flask("preview", root_path=str(APP), static_folder=None)
    app.config.update(SECRET_KEY="preview", TESTING=True)
    app.jinja_loader = ChoiceLoader([FileSystemLoader(APP / "templates"), FileSystemLoader(Path(__file__).parent)])
    app.extensions["upfront.settings"] = SimpleNamespace(
        base_url="https://status.example.com", secret_key="preview", push_services=()
    )
    app.add_template_global(generate_csrf, "csrf_token")
    assets.register(app)
    speech.register(app)
    templating.register(app)
    headers.register(app, https=False)
    app.add_url_rule("/", view_func=show_index)
    app.add_url_rule("/<scene>", view_func=show_page)
    app.add_url_rule("/<scene>/incidents/<uuid:incident_id>", view_func=show_incident)
    app.add_url_rule("/<scene>/maintenance/<uuid:maintenance_id>", view_func=show_maintenance)
    app.add_url_rule("/<scene>/services/<uuid:service_id>", view_func=show_service)
    app.add_url_rule("/<scene>/services/<uuid:service_id>/days/<day>", view_func=show_day)
    app.add_url_rule("/<scene>/subscribe", view_func=subscribe, methods=["POST"])
    app.add_url_rule("/<scene>/state/<state>", view_func=show_state)
    app.add_url_rule("/errors/<kind>", view_func=show_error)
    app.add_url_rule("/dashboard", view_func=show_dashboard)
    app.add_url_rule("/dashboard/form", view_func=show_form)
    return app


def get_scene(name: str) -> PageView:
    if name not in SCENES:
        abort(404)
    return replace(SCENES[name], address=replace(SCENES[name].address, slug=name))


def get_service(page: PageView, service_id: UUID) -> ServiceView:
    return next((one for one in page.services if one.id == service_id), None) or abort(404)


def show_index() -> str:
    paths = [f"/{name}" for name in SCENES]
    paths += [f"/errors/{kind}" for kind in ERROR_KINDS] + [f"/trouble/state/{state}" for state in STATES]
    paths += [f"/trouble/incidents/{ERRORS.id}", f"/trouble/incidents/{SLOW.id}", "/dashboard", "/dashboard/form"]
    paths += [f"/trouble/maintenance/{one.id}" for one in (NETWORK, BACKUPS, CERTIFICATES)]
    paths.append(f"/trouble/services/{next(TROUBLE.services).id}")
    return "<!doctype html><title>Preview</title>" + "".join(f'<p><a href="{path}">{path}</a></p>' for path in paths)


def show_page(scene: str) -> str:
    return render_template("public/page.html", page=get_scene(scene))


def show_incident(scene: str, incident_id: UUID) -> str:
    page = get_scene(scene)
    known = [*page.active_incidents, *(one for past in page.past_days for one in past.incidents)]
    shown = next((one for one in known if one.id == incident_id), None) or abort(404)
    shown = replace(shown, follows_id=SLOW.id, follows_title=SLOW.title)
    return render_template("public/incident.html", page=page, incident=shown, figures={})


def show_maintenance(scene: str, maintenance_id: UUID) -> str:
    page = get_scene(scene)
    known = [*page.maintenances, *(one for past in page.past_days for one in past.maintenances)]
    shown = next((one for one in known if one.id == maintenance_id), None) or abort(404)
    return render_template("public/maintenance.html", page=page, maintenance=shown, figures={})


def show_service(scene: str, service_id: UUID) -> str:
    page = get_scene(scene)
    service = get_service(page, service_id)
    details = [day_detail(service, day.day) for day in reversed(service.days)]
    days = [(detail.day, detail.status, dict(detail.minutes)) for detail in details]
    rows = [DayLengths(day.day, day.status, {day.status: timedelta(days=1)}) for day in service.days]
    uptimes = (UptimeView(7, 1.0), UptimeView(30, 0.99953), UptimeView(90, service.uptime), UptimeView(365, None))
    history = ServiceHistory(service, tuple(days), uptimes, by_month(rows, page.settings.weights))
    return render_template("public/service.html", page=page, service=service, days=days, history=history)


def show_day(scene: str, service_id: UUID, day: str) -> str:
    page = get_scene(scene)
    detail = day_detail(get_service(page, service_id), date.fromisoformat(day))
    return render_template("public/_day.html", detail=detail, zone=page.time_zone, home=f"/{page.slug}")


def subscribe(scene: str) -> tuple[str, int]:
    if request.form.get("email", "").startswith("again@"):
        return render_template("errors/_error.html", error=TooMany(12)), 429
    form = SubscribeForm(request.form)
    valid = form.validate()
    template = "public/_subscribe.html" if "HX-Request" in request.headers else "public/subscribe.html"
    html = render_template(template, page=get_scene(scene), form=form, sent_to=form.email.data if valid else None)
    return html, 200 if valid else 422


def show_state(scene: str, state: str) -> str:
    page = get_scene(scene)
    email = "ana@customer.example"
    chosen = Choices(services=frozenset(service.id for service in list(page.services)[:2]))
    subscriber = SimpleNamespace(email=email, only_follows=False, follows={}, asks_to_follow=None, manage_token="t0ken")
    match state:
        case "subscribe-sent":
            return render_template("public/subscribe.html", page=page, sent_to=email)
        case "subscribe-refused":
            form = SubscribeForm(data={"email": "ana@"})
            form.validate()
            return render_template("public/subscribe.html", page=page, form=form)
        case "preferences":
            shown = {"form": ChoicesForm(), "kinds": tuple(NewsKind), "chosen": chosen, "saved": True}
            return render_template("public/preferences.html", page=page, subscriber=subscriber, **shown)
        case _:
            asked = {"email": email, "subscriber": subscriber, "preferences_url": "#"}
            return render_template(f"public/{state}.html", page=page, **asked)


def show_error(kind: str) -> str:
    return render_template("errors/error.html", error=ERROR_KINDS[kind], request_id="01j94xq2c0de")


def show_dashboard() -> str:
    return render_template("frames/overview.html", **_dashboard())


def show_form() -> str:
    form = ReportForm(data={"title": "x", "stage": "identified", "impact": "major", "message": ""})
    form.validate()
    return render_template("frames/form.html", form=form, **_dashboard())


def _dashboard() -> dict[str, object]:
    northwind = SimpleNamespace(name="Northwind Cloud", slug="northwind", role=Role.ADMIN)
    contoso = SimpleNamespace(name="Contoso", slug="contoso", role=Role.VIEWER)
    person = SimpleNamespace(name="Mara Lind", email="mara@northwind.example", memberships=(northwind, contoso))
    member = SimpleNamespace(person=person, membership=northwind, role=Role.ADMIN, may=lambda role: True)
    counts = {"incidents": 1, "services": 8, "subscribers": 4312}
    return {"member": member, "counts": counts, "page": TROUBLE, "ago": timedelta(minutes=12)}


if __name__ == "__main__":
    create_preview().run(port=8600)
