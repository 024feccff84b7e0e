"""Every table, imported in one place, so that migrations and tests know them all."""

from app.access import models as access
from app.accounts import models as accounts
from app.addresses import models as addresses
from app.announcements import models as announcements
from app.closing import models as closing
from app.database import audit, outbox
from app.database.base import Base
from app.delivery import models as delivery
from app.domains import models as domains
from app.edits import models as edits
from app.incidents import models as incidents
from app.incidents import search
from app.incidents.message_templates import models as message_templates
from app.incidents.postmortems import models as postmortems
from app.mailboxes import models as mailboxes
from app.maintenance import models as maintenance
from app.organizations import models as organizations
from app.overview import models as overview
from app.pages import models as pages
from app.pages.look import models as look
from app.push import models as push
from app.services import models as services
from app.services.rollups import models as rollups
from app.subscribers import models as subscribers
from app.subscribers.errands import models as subscriber_errands
from app.subscribers.imports import models as subscriber_imports
from app.teams import models as teams
from app.translated import models as translated

__all__ = [
    "Base",
    "access",
    "accounts",
    "addresses",
    "announcements",
    "audit",
    "closing",
    "delivery",
    "domains",
    "edits",
    "incidents",
    "look",
    "mailboxes",
    "maintenance",
    "message_templates",
    "organizations",
    "outbox",
    "overview",
    "pages",
    "postmortems",
    "push",
    "rollups",
    "search",
    "services",
    "subscriber_errands",
    "subscriber_imports",
    "subscribers",
    "teams",
    "translated",
]  # fmt: skip
