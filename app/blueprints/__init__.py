"""HTTP only, one package for each audience: parse, call one action or query, answer."""

from flask import Flask

from app.blueprints import api, auth, dashboard, health, public, webhooks
from app.blueprints.auth import provider
from app.config import Settings


def register(app: Flask, settings: Settings) -> None:
    """Mount every blueprint. What is for development only is not even imported elsewhere."""
    app.register_blueprint(health.blueprint)
    app.register_blueprint(auth.blueprint)
    app.register_blueprint(dashboard.blueprint)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(public.blueprint)
    app.register_blueprint(webhooks.blueprint)
    provider.register(app, settings)
    if not settings.in_production:
        from app.blueprints import dev

        app.register_blueprint(dev.blueprint)
