"""For whoever watches us: is the process up, and can it serve?"""

from flask import Blueprint, Response, json
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.database.migrations import newest_revision
from app.database.roles import faults_of
from app.extensions import db, redis

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process is up."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Database, Redis and migrations are as they must be; each fault is named."""
    checks = {"database": _check_database(), "redis": _check_redis()}
    ready = all(state == "ok" for state in checks.values())
    return Response(json.dumps({"ready": ready, **checks}), status=200 if ready else 503, mimetype="application/json")


def _check_database() -> str:
    try:
        with db.engine.connect() as connection:
            applied = connection.scalar(text("SELECT version_num FROM alembic_version"))
            faults = faults_of(connection)
    except SQLAlchemyError:
        return "unreachable, or never migrated"
    if applied != newest_revision():
        return f"migrations are not current: {applied}, not {newest_revision()}"
    return "ok" if not faults else "the application's login " + ", ".join(faults)


def _check_redis() -> str:
    try:
        redis.ping()
    except RedisError:
        return "unreachable"
    return "ok"
