"""Reading what `OutboxTransport` wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import UUID


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail in the outbox."""

    id: UUID
    to: str
    subject: str
    at: datetime
    headers: Mapping[str, str]
    text: str
    html: str


def newest_mails(folder: Path, limit: int, *, to: str = "") -> list[KeptMail]:
    """The newest `limit` mails, newest first; with `to`, only those to that address."""
    newest_first = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    found = []
    for path in newest_first:
        mail = _read(path)
        if not to or mail.to == to.lower():
            found.append(mail)
        if len(found) == limit:
            break
    return found


def find_mail(folder: Path, mail_id: UUID) -> KeptMail | None:
    path = folder / f"{mail_id}.eml"
    return _read(path) if path.exists() else None


def _read(path: Path) -> KeptMail:
    message = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)
    return KeptMail(
        id=UUID(path.stem),
        to=str(message["To"]),
        subject=str(message["Subject"]),
        at=parsedate_to_datetime(str(message["Date"])),
        headers={name: str(value) for name, value in message.items() if not name.lower().startswith("content-")},
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
