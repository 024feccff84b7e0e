"""A table of subscribers that somebody uploaded: how far it is, and its pieces until they are needed no more."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.subscribers.imports.rules import Encoding, ImportState


class Part(StrEnum):
    """What a piece is of: the file as it came, what of it can be taken in, what cannot."""

    FILE = "file"
    ROWS = "rows"
    FAULTS = "faults"


class SubscriberImport(Base):
    """A table that somebody uploaded: where its people's consent comes from, what was found in it, how far it is."""

    __tablename__ = "subscriber_imports"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "page_id"], ["pages.organization_id", "pages.id"], ondelete="CASCADE"),
        Index(
            "subscriber_imports_at_work_idx",
            "lease_until",
            postgresql_where=text("state IN ('checking', 'importing')"),
        ),
        Index("subscriber_imports_waiting_idx", "created_at", postgresql_where=text("state = 'checked'")),
    )

    organization_id: Mapped[OrganizationId]
    id: Mapped[RowId]
    page_id: Mapped[UUID]
    state: Mapped[ImportState] = mapped_column(Words(ImportState), default=ImportState.CHECKING)
    file_name: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    consent: Mapped[str]
    """Where these people agreed to get mails, in the words of whoever uploaded it."""
    encoding: Mapped[Encoding | None] = mapped_column(Words(Encoding))
    delimiter: Mapped[str | None]
    has_header: Mapped[bool | None]
    fault: Mapped[str | None]
    """Why it was refused as a whole."""
    bytes_read: Mapped[int] = mapped_column(BigInteger, default=0)
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_new: Mapped[int] = mapped_column(default=0)
    rows_known: Mapped[int] = mapped_column(default=0)
    """Of mailboxes that are subscribers of the page in whatever state: they stay as they are."""
    rows_suppressed: Mapped[int] = mapped_column(default=0)
    rows_repeated: Mapped[int] = mapped_column(default=0)
    """Of mailboxes that stood in an earlier line."""
    rows_faulty: Mapped[int] = mapped_column(default=0)
    rows_added: Mapped[int] = mapped_column(default=0)
    pieces_done: Mapped[int] = mapped_column(default=0)
    """So many pieces of its rows are taken in: what was cut off goes on behind them."""
    run: Mapped[int] = mapped_column(default=0)
    """Raised by each worker that takes it up: one that was thought dead stops when it sees another number."""
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by_user_id: Mapped[UUID | None]
    created_by_name: Mapped[str]
    finished_at: Mapped[datetime | None]


class ImportPiece(Base):
    """A piece of an uploaded table. A file is never held as a whole: neither here nor while it is read."""

    __tablename__ = "subscriber_import_pieces"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "import_id"],
            ["subscriber_imports.organization_id", "subscriber_imports.id"],
            ondelete="CASCADE",
        ),
    )

    organization_id: Mapped[OrganizationId]
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[Part] = mapped_column(Words(Part), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
