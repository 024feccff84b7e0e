"""Flask extensions, created once and bound to each application in `create_app`."""

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, cast

from authlib.integrations.flask_client import OAuth
from flask import Response, current_app, request
from flask_limiter import Limiter
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from redis import Redis
from werkzeug.local import LocalProxy

from app.database.base import Base

if TYPE_CHECKING:
    from app.config import Settings


def client_address() -> str:
    """Whom limits count: the peer, or what the trusted proxies say of it (ProxyFix has already decided)."""
    return counted_address(request.remote_addr or "")


def counted_address(peer: str) -> str:
    """What of an address is counted: of IPv6 the first 64 bits, the rest is the visitor's own (RFC 4291 §2.5.4)."""
    try:
        address = ip_address(peer)
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))


class Login(LoginManager):  # type: ignore[misc]  # Flask-Login is not typed
    """Flask-Login without its "remember me": looking for that cookie would make every public answer vary by cookie."""

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


db = SQLAlchemy(metadata=Base.metadata)
migrate = Migrate()
csrf = CSRFProtect()
limiter = Limiter(client_address)
login_manager = Login()
oauth = OAuth()
htmx = Htmx()

redis = cast(Redis, LocalProxy(lambda: current_app.extensions["upfront.redis"]))
"""The application's Redis client. It may be away: callers say what happens then."""

settings = cast("Settings", LocalProxy(lambda: current_app.extensions["upfront.settings"]))
"""The running application's settings."""
