"""For developers only: the mails that would have been sent. Never mounted in production."""

from pathlib import Path
from uuid import UUID

from flask import Blueprint, Response, render_template, request

from app.blueprints.dev.outbox import find_mail, newest_mails
from app.errors import NotFound
from app.extensions import settings

blueprint = Blueprint("dev", __name__, url_prefix="/dev")

SHOWN = 200

# The mail is shown as a mail program would: its own styles, no script, nothing from elsewhere.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"


@blueprint.get("/outbox")
def outbox() -> str:
    """The newest mails first; `?to=` keeps those to one address."""
    to = request.args.get("to", "").strip()
    return render_template("dev/outbox.html", mails=newest_mails(_folder(), SHOWN, to=to), to=to)


@blueprint.get("/outbox/<uuid:mail_id>")
def mail(mail_id: UUID) -> str:
    """One mail: its headers and its text part."""
    found = find_mail(_folder(), mail_id)
    if found is None:
        raise NotFound
    return render_template("dev/mail.html", mail=found)


@blueprint.get("/outbox/<uuid:mail_id>/html")
def mail_html(mail_id: UUID) -> Response:
    """Its HTML part, as it is."""
    found = find_mail(_folder(), mail_id)
    if found is None:
        raise NotFound
    return Response(found.html, mimetype="text/html", headers={"Content-Security-Policy": MAIL_POLICY})


def _folder() -> Path:
    return Path(settings.outbox_folder)
