"""The transport that the settings choose, made once per process."""

from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app

from app.config import MailTransport, Settings
from app.delivery.mail import MailBatch
from app.delivery.pace import Pace
from app.delivery.rules import Channel
from app.delivery.transports import Transport
from app.delivery.transports.outbox import OutboxTransport
from app.delivery.transports.push import PushBatch, PushTransport
from app.delivery.transports.resend import ResendTransport
from app.delivery.transports.smtp import SmtpTransport
from app.push.keys import signing_key

EXTENSION = "upfront.mail_transport"
PUSH = "upfront.push_transport"


def transport_for(channel: Channel) -> Transport[Any]:
    """The running application's transport for what is told by this channel."""
    extensions = current_app.extensions
    settings: Settings = extensions["upfront.settings"]
    name, make = (PUSH, _push) if channel is Channel.PUSH else (EXTENSION, _MAKERS[settings.mail_transport])
    if name not in extensions:
        extensions[name] = make(settings)
    transport: Transport[Any] = extensions[name]
    return transport


def _push(settings: Settings) -> Transport[PushBatch]:
    return PushTransport(
        key=signing_key(settings.secret_key),
        contact=f"mailto:{parseaddr(settings.mail_from)[1]}",
        timeout_seconds=settings.timeouts.provider_seconds,
    )


def _resend(settings: Settings) -> Transport[MailBatch]:
    pace = Pace(
        current_app.extensions["upfront.redis"],
        provider="resend",
        api_key=settings.resend_api_key,
        requests_per_second=settings.resend_requests_per_second,
    )
    return ResendTransport(
        api_key=settings.resend_api_key,
        api_url=settings.resend_api_url,
        sender=settings.mail_from,
        pace=pace,
        timeout_seconds=settings.timeouts.provider_seconds,
    )


def _smtp(settings: Settings) -> Transport[MailBatch]:
    server = urlsplit(settings.smtp_url)
    encrypted = server.scheme == "smtps"
    return SmtpTransport(
        host=server.hostname or "",
        port=server.port or (465 if encrypted else 587),
        encrypted=encrypted,
        username=unquote(server.username or ""),
        password=unquote(server.password or ""),
        sender=settings.mail_from,
        timeout_seconds=settings.timeouts.provider_seconds,
    )


def _outbox(settings: Settings) -> Transport[MailBatch]:
    return OutboxTransport(folder=Path(settings.outbox_folder), sender=settings.mail_from)


_MAKERS: dict[MailTransport, Callable[[Settings], Transport[MailBatch]]] = {
    MailTransport.RESEND: _resend,
    MailTransport.SMTP: _smtp,
    MailTransport.OUTBOX: _outbox,
}
