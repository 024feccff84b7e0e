"""Every table, imported in one place, so that migrations and tests know them all."""

from app.accounts import models as accounts
from app.addresses import models as addresses
from app.announcements import models as announcements
from app.closing import models as closing
from app.database import audit, outbox
from app.database.base import Base
from app.delivery import models as delivery
from app.edits import models as edits
from app.incidents import models as incidents
from app.incidents import search
from app.incidents.message_templates import models as message_templates
from app.incidents.postmortems import models as postmortems
from app.maintenance import models as maintenance
from app.organizations import models as organizations
from app.pages import models as pages
from app.services import models as services
from app.subscribers import models as subscribers
from app.teams import models as teams

__all__ = [
    "Base", "accounts", "addresses", "announcements", "audit", "closing", "delivery", "edits", "incidents",
    "maintenance", "message_templates", "organizations", "outbox", "pages", "postmortems", "search", "services",
    "subscribers", "teams",
]  # fmt: skip
