"""How far the deletion of an organization is."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class Closing(Base):
    """An organization that goes, or is gone: nothing of it but how much there was, and who may look.

    It outlives the organization by a day, so that its members can read that it is done.
    """

    __tablename__ = "closings"

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    """Who belonged to it, and may see how far it is."""
    rows_total: Mapped[int] = mapped_column(BigInteger)
    """As counted when it began; more may have come since."""
    rows_gone: Mapped[int] = mapped_column(BigInteger, default=0)
    requested_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
