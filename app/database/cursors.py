"""Where a list that is read page by page goes on."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page, by what the list goes by: its moment and, where two share one, its id."""

    at: datetime
    id: UUID
