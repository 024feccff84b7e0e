"""Signing in with Google, signing out, and a new organization's first form."""

from flask import Blueprint, Response

from app.extensions import settings
from app.web.headers import content_policy

blueprint = Blueprint("auth", __name__)


@blueprint.after_request
def let_forms_lead_to_the_provider(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = content_policy(settings.oidc_issuer)
    return response


# Views attach themselves to the blueprint.
from app.blueprints.auth import account, invitations, onboarding, pages, sign_in  # noqa: E402, F401
