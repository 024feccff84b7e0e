"""Every table, imported in one place, so that migrations and tests know them all."""

from app.accounts import models as accounts
from app.closing import models as closing
from app.database import audit, outbox
from app.database.base import Base
from app.delivery import models as delivery
from app.incidents import models as incidents
from app.maintenance import models as maintenance
from app.organizations import models as organizations
from app.pages import models as pages
from app.services import models as services
from app.subscribers import models as subscribers

__all__ = [
    "Base", "accounts", "audit", "closing", "delivery", "incidents", "maintenance", "organizations", "outbox",
    "pages", "services", "subscribers",
]  # fmt: skip
