"""Finding incidents by their words and by what they touched (decision 0020)."""

from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId


class IncidentWords(Base):
    """All words of an incident: title, messages, postmortem. Triggers keep them; `find_incidents()` reads them."""

    __tablename__ = "incident_words"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "incident_id"], ["incidents.organization_id", "incidents.id"], ondelete="CASCADE"
        ),
        Index("incident_words_idx", "words", postgresql_using="gin"),
    )

    organization_id: Mapped[OrganizationId]
    incident_id: Mapped[UUID] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(TSVECTOR)
