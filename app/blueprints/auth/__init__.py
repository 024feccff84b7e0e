"""Signing in with Google, signing out, and a new organization's first form."""

from flask import Blueprint

blueprint = Blueprint("auth", __name__)

from app.blueprints.auth import onboarding, sign_in  # noqa: E402, F401 -- views attach themselves to the blueprint
