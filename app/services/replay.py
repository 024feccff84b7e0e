"""What a service must have shown, told anew from all that bore on it; pure functions over plain values.

Status changes are never altered: what turns out to have been otherwise is said by further ones, which stand because at
one instant the last written does. The way and its reasons: docs/decisions/0018-backdating-and-history.md.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.services.history import Change
from app.services.rules import Ask, Inputs, Manual, ServiceStatus, Verdict, Window, resolve_status


@dataclass(frozen=True, slots=True)
class Period:
    """When a claim bore on a service. The end is not part of it; None while it still does."""

    claim: Ask | Window | Verdict
    begins_at: datetime
    ends_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.begins_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True)
class Past:
    """All that ever bore on one service. `manual` is in the order in which people set it."""

    manual: tuple[Manual, ...]
    periods: tuple[Period, ...]

    def shown_at(self, at: datetime) -> ServiceStatus:
        """What the rule makes of all that was in force at an instant."""
        claims = [period.claim for period in self.periods if period.holds(at)]
        said = bisect_right(self.manual, at, key=lambda manual: manual.at)
        inputs = Inputs(
            manual=self.manual[said - 1] if said else None,
            asks=tuple(claim for claim in claims if isinstance(claim, Ask)),
            windows=tuple(claim for claim in claims if isinstance(claim, Window)),
            verdicts=tuple(claim for claim in claims if isinstance(claim, Verdict)),
        )
        return resolve_status(inputs).status

    def reaching(self, start: datetime) -> "Past":
        """The same, without the claims that were over by then."""
        later = (period for period in self.periods if period.ends_at is None or period.ends_at > start)
        return Past(self.manual, tuple(later))

    def borders(self) -> Iterable[datetime]:
        """Every instant at which something began or ended."""
        yield from (manual.at for manual in self.manual)
        for period in self.periods:
            yield period.begins_at
            if period.ends_at is not None:
                yield period.ends_at


@dataclass(frozen=True, slots=True)
class Amendment:
    """A status change to append, with what was shown just before it."""

    at: datetime
    old: ServiceStatus | None
    new: ServiceStatus


@dataclass(frozen=True, slots=True)
class Amended:
    """What to append to a service's history, and what it shows at its end, since when."""

    rows: tuple[Amendment, ...]
    status: ServiceStatus | None
    since: datetime | None


def amend(recorded: Sequence[Change], was: Past, now_known: Past, *, start: datetime, end: datetime) -> Amended:
    """Find the changes that make a recorded history say what is known now, from `start` to `end`.

    Where the past as it was known and as it is known now come to the same, what was recorded stands: so nothing is
    altered for other reasons than the new one. `recorded` is in the order (at, id) and is not read after `end`.
    """
    # The claims of years are many, and each border asks all that are left.
    was, now_known = was.reaching(start), now_known.reaching(start)
    ats = [change.at for change in recorded]
    has_row = set(ats)
    inside = {at for at in (*ats, *was.borders(), *now_known.borders()) if start < at <= end}
    shown = _recorded_before(recorded, ats, start)
    since = recorded[bisect_right(ats, start) - 1].at if ats and ats[0] <= start else None
    rows: list[Amendment] = []
    for at in sorted({start, *inside}):
        standing = _recorded_at(recorded, ats, at)
        right = now_known.shown_at(at)
        if right is was.shown_at(at) and standing is not None:
            right = standing
        if right is not (standing if at in has_row else shown):
            rows.append(Amendment(at, shown, right))
        if right is not shown:
            shown, since = right, at
    return Amended(tuple(rows), shown, since)


def _recorded_at(recorded: Sequence[Change], ats: Sequence[datetime], at: datetime) -> ServiceStatus | None:
    """What the history says of an instant: of several rows at it, the last."""
    place = bisect_right(ats, at)
    return recorded[place - 1].status if place else None


def _recorded_before(recorded: Sequence[Change], ats: Sequence[datetime], start: datetime) -> ServiceStatus | None:
    place = bisect_left(ats, start)
    return recorded[place - 1].status if place else None
