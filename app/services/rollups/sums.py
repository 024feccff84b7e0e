"""How long services showed what over stretches of days, added up by the database.

For whoever asks for years of many services: day by day that would be hundreds of thousands of rows. Days come from the
same roll-ups, and those that are not rolled up from the same status changes, as in `app.services.rollups.queries`.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from app.database.scope import Scope
from app.services.history import Calendar, Change, Lengths, lengths_of_days, spans, start_of_day, together
from app.services.queries import read_changes_of
from app.services.rollups.queries import SUMS, Counted, lengths_in
from app.services.rollups.rules import first_day

ONE_DAY = timedelta(days=1)

_READ_SUMS = text(f"""
    SELECT rolled.service_id, width_bucket(rolled.day, CAST(:cuts AS date[])) - 1 AS piece, count(*) AS days,
        max(rolled.day) AS last_day, {SUMS}
    FROM unnest(CAST(:services AS uuid[]), CAST(:first_days AS date[])) AS wanted (service_id, first_day)
    JOIN service_days AS rolled ON rolled.organization_id = :organization AND rolled.service_id = wanted.service_id
        AND rolled.zone = :zone AND rolled.day >= wanted.first_day AND rolled.day <= :last_day
        AND rolled.ends_at <= :now
    GROUP BY rolled.service_id, piece
""")


class Stretch(Protocol):
    """Days that follow each other, from the first up to and with the last."""

    @property
    def first(self) -> date: ...
    @property
    def last(self) -> date: ...


def read_sums(
    scope: Scope, services: Collection[Counted], stretches: Sequence[Stretch], zone: ZoneInfo, now: datetime
) -> Mapping[UUID, tuple[Lengths, ...]]:
    """How long each service showed what in each of some stretches of days, which may overlap: two statements.

    What is still to come at `now` is not counted; the time before a service was there is, as None.
    """
    pieces = _Pieces.cut(stretches, zone)
    sums = {service.id: _Sums(service, first_day(service.created_at, zone), pieces) for service in services}
    asked = {
        "organization": scope.organization_id,
        "services": list(sums),
        "first_days": [one.first for one in sums.values()],
        "last_day": pieces.cuts[-1] - ONE_DAY,
        "cuts": list(pieces.cuts),
        "zone": zone.key,
        "now": now,
    }
    for row in scope.session.execute(_READ_SUMS, asked):
        sums[row.service_id].add_rolled(row.piece, row.days, row.last_day, lengths_in(row))
    since = {service_id: one.since for service_id, one in sums.items() if one.since < pieces.borders[-1]}
    changes = read_changes_of(scope, since) if since else {}
    found = {}
    for service_id, one in sums.items():
        lengths = one.all_lengths(changes.get(service_id, ()), now)
        found[service_id] = tuple(together(lengths[begin:end]) for begin, end in pieces.of(stretches))
    return found


@dataclass(frozen=True)
class _Pieces:
    """The days of all stretches, cut wherever one begins or ends: piece `i` goes from `cuts[i]` to `cuts[i + 1]`."""

    zone: ZoneInfo
    cuts: tuple[date, ...]
    borders: tuple[datetime, ...]
    """The instants at which these days begin."""
    _begins: dict[date, datetime] = field(default_factory=dict)

    @classmethod
    def cut(cls, stretches: Sequence[Stretch], zone: ZoneInfo) -> "_Pieces":
        cuts = sorted({day for one in stretches for day in (one.first, one.last + ONE_DAY)})
        return cls(zone, tuple(cuts), tuple(start_of_day(zone, day) for day in cuts))

    def of(self, stretches: Sequence[Stretch]) -> list[tuple[int, int]]:
        """Of each stretch the number of its first piece, and that of the first one after it."""
        numbers = {day: number for number, day in enumerate(self.cuts)}
        return [(numbers[one.first], numbers[one.last + ONE_DAY]) for one in stretches]

    def begin(self, day: date) -> datetime:
        """When a day begins. Many services ask for the same few."""
        if day not in self._begins:
            self._begins[day] = start_of_day(self.zone, day)
        return self._begins[day]


@dataclass
class _Sums:
    """What is read of one service."""

    service: Counted
    created_on: date
    pieces: _Pieces
    rolled: dict[int, Lengths] = field(default_factory=dict)
    """What its rolled up days add up to, by piece."""
    days: int = 0
    last: date | None = None

    def add_rolled(self, piece: int, days: int, last: date, lengths: Lengths) -> None:
        self.rolled[piece] = lengths
        self.days += days
        self.last = last if self.last is None else max(self.last, last)

    @property
    def first(self) -> date:
        """The first of all these days that may be rolled up."""
        return max(self.pieces.cuts[0], self.created_on)

    @cached_property
    def since(self) -> datetime:
        """From when on the changes speak: after the rolled up days, if these follow each other without a gap."""
        if self.last is None or self.days != (self.last - self.first).days + 1:
            return self.pieces.borders[0]
        return self.pieces.begin(self.last + ONE_DAY)

    def all_lengths(self, changes: Sequence[Change], now: datetime) -> list[Lengths]:
        """How long each status lasted, piece by piece."""
        borders = self.pieces.borders
        parts: dict[int, list[Lengths]] = defaultdict(list)
        if self.since > borders[0]:
            for piece, lengths in self.rolled.items():
                parts[piece].append(lengths)
            for piece, (begin, end) in enumerate(pairwise(borders)):
                unknown = min(self.pieces.begin(self.first), end) - begin
                if unknown <= timedelta():
                    break
                parts[piece].append({None: unknown})
        if self.since < borders[-1]:
            window = spans(changes, self.service.created_at, start=self.since, end=borders[-1], now=now)
            number = bisect_right(borders, self.since) - 1
            rest = Calendar(self.pieces.cuts[number:-1], (self.since, *borders[number + 1 :]))
            for piece, lengths in enumerate(lengths_of_days(window, rest), start=number):
                parts[piece].append(lengths)
        return [together(parts[piece]) for piece in range(len(borders) - 1)]
