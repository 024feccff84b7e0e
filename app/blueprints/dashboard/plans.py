"""What every form of a plan shows beside its fields: the zone its times are in, and what comes of its rule."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from app import clock
from app.blueprints.dashboard.answers import typed_zone
from app.blueprints.dashboard.maintenance_forms import PlanForm, ScheduleForm
from app.blueprints.dashboard.repeats import Repeats, rule_in_words, unit_of
from app.blueprints.dashboard.touched import TouchedServices
from app.delivery.queries import count_to_be_told
from app.errors import Invalid
from app.maintenance.recurrences import Recurrence, check_rule, clean_rule, starts
from app.subscribers.rules import NewsKind
from app.text.local_times import wall_time
from app.text.markdown import render_message
from app.web.members import current_member

COMING_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Coming:
    """What the form says of a rule: in words, with the next starts, or why it cannot be followed."""

    unit: str
    words: str = ""
    starts: tuple[datetime, ...] = ()
    more: bool = False
    fault: str = ""


def coming_of(form: ScheduleForm, zone: ZoneInfo) -> Coming:
    """What comes of the form's rule as far as it is filled in."""
    unit = unit_of(form.kind)
    times = form.find_times(zone)
    if form.kind is Repeats.NEVER or times is None:
        return Coming(unit)
    first = wall_time(times.starts_at, zone)
    recurrence = Recurrence(clean_rule(form.read_rule(first)), first, zone)
    if fault := check_rule(recurrence, times.ends_at - times.starts_at):
        return Coming(unit, fault=fault)
    found = tuple(islice(starts(recurrence, after=clock.now()), COMING_SHOWN + 1))
    return Coming(unit, rule_in_words(recurrence.rule), found[:COMING_SHOWN], more=len(found) > COMING_SHOWN)


def for_fields(refusal: Invalid, form: ScheduleForm) -> Invalid:
    """A fault of a rule that the form made itself belongs to the field that chose it."""
    if form.kind is Repeats.RULE or "rule" not in refusal.faults:
        return refusal
    return Invalid({("repeats" if name == "rule" else name): fault for name, fault in refusal.faults.items()})


def plan_values(form: PlanForm, services: TouchedServices) -> dict[str, object]:
    """What every form of a plan shows beside its fields."""
    zone = typed_zone()
    return {
        "form": form,
        "services": services,
        "times": form.find_times(zone),
        "remarks": form.remarks(zone),
        "recipients": count_to_be_told(current_member.actor, services.chosen, kind=NewsKind.MAINTENANCE),
        "preview": render_message(form.message.data or ""),
    }
