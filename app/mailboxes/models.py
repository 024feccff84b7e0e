"""When each mailbox was last written to because somebody named it."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Words
from app.mailboxes.rules import Asking


class AskedMailbox(Base):
    """One mailbox and kind of mail. In PostgreSQL, for it must hold when Redis has been emptied."""

    __tablename__ = "asked_mailboxes"
    __table_args__ = (Index("asked_mailboxes_asked_idx", "asked_at"),)

    kind: Mapped[Asking] = mapped_column(Words(Asking), primary_key=True)
    mailbox_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """Keyed, so that nobody who has a copy of the table can try addresses."""
    asked_at: Mapped[datetime]
    since: Mapped[datetime]
    """When the day began in which `times` are counted."""
    times: Mapped[int]
