"""Where browsers are reached that asked to be told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId


class PushEndpoint(Base):
    """A subscriber's browser. Its address is a secret, and is never taken along in an export."""

    __tablename__ = "push_endpoints"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "subscriber_id"], ["subscribers.organization_id", "subscribers.id"], ondelete="CASCADE"
        ),
        Index("push_endpoints_url_idx", "organization_id", "url"),
    )

    organization_id: Mapped[OrganizationId]
    subscriber_id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    browser: Mapped[str]
    """Its name, for members and for whoever looks at their own choices: "Firefox on Linux"."""
    created_at: Mapped[datetime]

    # What was known of its right to see the page when it last asked; nothing for a page that is everybody's.
    admitted_version: Mapped[int | None]
    """The page's `access_version` by then: whoever may see it since is another question."""
    admitted_until: Mapped[datetime | None]
    admitted_user_id: Mapped[UUID | None]
    """The member whose membership let it in."""
