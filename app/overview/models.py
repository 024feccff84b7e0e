"""How far a new organization has come, where no other table tells."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId


class FirstSteps(Base):
    """What was done of the first steps besides what shows elsewhere; there is a row once one of them was."""

    __tablename__ = "first_steps"

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    looked_at: Mapped[datetime | None]
    """When somebody first looked at the page from here."""
    hidden_at: Mapped[datetime | None]
    """When somebody had enough of the steps."""
