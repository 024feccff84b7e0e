"""Upfront: status pages that tell users the truth first. `create_app` is the table of contents."""

import os
from collections.abc import Mapping
from datetime import timedelta

from flask import Flask
from redis import ConnectionError, Redis  # noqa: A004 -- Redis names its errors as Python does
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug.middleware.proxy_fix import ProxyFix

from app.config import Settings

MAX_FORM_BYTES = 256 * 1024


def create_app(settings: Settings | None = None, *, for_worker: bool = False) -> Flask:
    """Make the application.

    Args:
        settings: read from the environment when left out.
        for_worker: nobody waits for the answer, so statements may take longer.

    Raises:
        SettingsError: settings are missing or unfit; every fault is named.
    """
    settings = settings or Settings.from_environment(os.environ)
    # Not with the package: what only borrows from it starts in a quarter of the time, and so does what is refused.
    from app import assets, blueprints, closing, commands, delivery, domains, live, logs, subscribers, teams, templating
    from app.database.connection import engine_options
    from app.extensions import csrf, db, htmx, limiter, login_manager, migrate, oauth
    from app.text import speech
    from app.web import errors, headers, members, origin

    logs.configure(for_machines=settings.in_production)
    app = Flask(__name__, static_folder=None)
    app.config.update(flask_config(settings), SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings, for_worker=for_worker))
    app.extensions["upfront.settings"] = settings
    connect_redis(app, settings)

    db.init_app(app)
    migrate.init_app(app, db, directory="migrations")
    csrf.init_app(app)
    limiter.init_app(app)
    login_manager.init_app(app, add_context_processor=False)  # it would ask every visitor for a cookie
    oauth.init_app(app)
    htmx.init_app(app)

    errors.register(app)
    origin.register(app)
    members.register(app)
    headers.register(app, https=settings.is_https)
    assets.register(app)
    speech.register(app)
    templating.register(app)
    live.register(app, settings)
    teams.register()
    subscribers.register()
    closing.register()
    domains.register()
    delivery.register(app)
    blueprints.register(app, settings)
    commands.register(app)
    if settings.trusted_proxy_hops:
        hops = settings.trusted_proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def flask_config(settings: Settings) -> Mapping[str, object]:
    """What Flask and its extensions are told. The cookie holds a session's token, never who it is for."""
    from app.accounts.rules import ABSOLUTE_LIMIT

    https = settings.is_https
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SESSION_COOKIE_NAME": "__Host-session" if https else "session",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",  # the way back from the provider is a link from another site
        "PERMANENT_SESSION_LIFETIME": ABSOLUTE_LIMIT,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": None,  # a token lives as long as its session
        "WTF_CSRF_SSL_STRICT": False,  # `web.origin` asks Fetch Metadata instead of the Referer, which may be missing
        "MAX_CONTENT_LENGTH": MAX_FORM_BYTES,
        "RATELIMIT_STORAGE_URI": settings.redis_url.replace("unix://", "redis+unix://"),
        "RATELIMIT_HEADERS_ENABLED": False,
        "TEMPLATES_AUTO_RELOAD": False,
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=365),
    }


def connect_redis(app: Flask, settings: Settings) -> None:
    """Two clients of one Redis: ours answers within a second or is away; RQ's waits as long as RQ needs."""
    seconds = settings.timeouts.redis_seconds
    # The client's own default is three retries with seconds between them: nobody who waits for a page has those.
    once_more = Retry(NoBackoff(), 1, supported_errors=(ConnectionError,))
    client = Redis.from_url(settings.redis_url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=once_more)
    app.extensions["upfront.redis"] = client
    # Left to itself, what counts requests would wait for Redis without end.
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"connection_pool": client.connection_pool}
    app.extensions["upfront.rq_redis"] = Redis.from_url(settings.redis_url, socket_connect_timeout=seconds)
