"""Plays each row of docs/maintenance-cases.md, with a clock that is there and with clocks that come late."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import clock
from app.database.scope import organization_scope
from app.incidents.models import Incident
from app.maintenance import actions
from app.maintenance.details import MaintenanceDetails
from app.maintenance.due import keep_windows
from app.maintenance.models import Maintenance
from app.services.actions import archive_service
from app.services.claims import Cause, NewClaim, lock_services, put_claims, settle, withdraw_claims
from app.services.models import Service, StatusChange
from app.services.rules import ServiceStatus, Source
from tests.builders import Team, World
from tests.examples import examples
from tests.maintenance.seeing import history

DOCUMENT = Path(__file__).parents[2] / "docs" / "maintenance-cases.md"
BEGIN, END = "08:00", "15:00"
MINUTES = timedelta(minutes=1)


@dataclass(frozen=True)
class Case:
    """One row."""

    name: str
    windows: str
    story: str
    shows: str
    clock: str


def read_cases() -> list[Case]:
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")][1:]
    return [Case(*(cell.strip() for cell in row.strip("|").split("|"))) for row in rows]


CASES = read_cases()
ANY_CLOCK = [case for case in CASES if case.clock == "any"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_it_shows_is_what_the_table_says(world: World, case: Case):
    shown = Morning(world, case).play(looks=range(minute(BEGIN), minute(END), 30))

    assert shown == expected_of(case)


@settings(max_examples=examples(10), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(ANY_CLOCK), st.sets(st.integers(minute_from := 8 * 60, minute_from + 7 * 60), max_size=4))
def test_however_late_the_clock_is_the_history_says_the_same(world: World, case: Case, looks: set[int]):
    shown = Morning(world, case).play(looks=looks)

    assert shown == expected_of(case)


def test_the_table_has_cases_of_both_kinds():
    assert len(CASES) > 30
    assert {case.clock for case in CASES} == {"any", "there"}


def expected_of(case: Case) -> list[tuple[str, str]]:
    shows = [one.strip().partition(" ") for one in case.shows.split(",") if one.strip()]
    return [(BEGIN, "operational"), *((at, words.replace(" ", "_")) for at, _, words in shows)]


def minute(written: str) -> int:
    hours, _, minutes = written.partition(":")
    return int(hours) * 60 + int(minutes)


def at(minutes: int) -> datetime:
    return datetime(2026, 11, 21, tzinfo=UTC) + minutes * MINUTES


@dataclass
class Morning:
    """One row as it is played."""

    world: World
    case: Case
    windows: dict[str, Maintenance] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    monitor: object = field(default_factory=uuid4)

    def play(self, looks: Collection[int]) -> list[tuple[str, str]]:
        """All that happens, with a clock that looks at these minutes and once when all is over."""
        with time_machine.travel(at(minute(BEGIN)), tick=False) as traveller:
            self.team: Team = self.world.team()
            self.service: Service = self.team.service("API")
            for written in self.case.windows.split(","):
                self._plan(written.strip())
            for moment, step in self._steps(looks):
                traveller.move_to(at(moment))
                keep_windows() if step is None else self._act(step)
            traveller.move_to(at(minute(END)))
            keep_windows()
            self._check_end()
            return [(f"{when:%H:%M}", status) for when, status in history(self.team, self.service)]

    def _steps(self, looks: Collection[int]) -> list[tuple[int, str | None]]:
        """In order; at the same minute the clock comes first, as it would within the second."""
        told = [step.strip().partition(" ") for step in self.case.story.split(";") if step.strip()]
        acts = [(minute(moment), 1, step) for moment, _, step in told]
        return [(moment, step or None) for moment, _, step in sorted([*acts, *((look, 0, "") for look in looks)])]

    def _plan(self, written: str) -> None:
        found = re.fullmatch(r"(\w) (\d\d:\d\d)-(\d\d:\d\d)(.*)", written)
        assert found, written
        name, begins, ends, more = found.groups()
        details = MaintenanceDetails(
            title=f"Work {name}",
            message="",
            starts_at=at(minute(begins)),
            ends_at=at(minute(ends)),
            service_ids=() if "without it" in more else (self.service.id,),
            reminders=(),
            auto_start="started by hand" not in more,
            auto_complete="ended by hand" not in more,
            expects_failures="expects failures" in more,
        )
        self.windows[name] = actions.schedule_maintenance(details, by=self.team.actor())

    def _act(self, step: str) -> None:
        match step.split():
            case ["incident", name, *status]:
                self.incidents[name] = self.team.incident(f"Trouble {name}", affects={self.service: "_".join(status)})
            case [name, "asks", *status]:
                self.team.update(self.incidents[name], "investigating", affects={self.service: "_".join(status)})
            case [name, "resolved"]:
                self.team.resolve(self.incidents[name])
            case ["set", *status]:
                self.team.set_status(self.service, "_".join(status))
            case ["start", name]:
                self.team.move_on(self.windows[name], "in_progress")
            case ["verify", name]:
                self.team.move_on(self.windows[name], "verifying")
            case ["finish", name]:
                self.team.move_on(self.windows[name], "completed")
            case ["cancel", name]:
                actions.cancel_maintenance(self.windows[name].id, by=self.team.actor())
            case ["extend", name, "to", ends]:
                actions.extend_maintenance(self.windows[name].id, at(minute(ends)), by=self.team.actor())
            case ["move", name, "to", times]:
                begins, _, ends = times.partition("-")
                self._edit(name, starts_at=at(minute(begins)), ends_at=at(minute(ends)))
            case ["add", "the", "service", "to", name]:
                self._edit(name, service_ids=[self.service.id])
            case ["take", "the", "service", "out", "of", name]:
                self._edit(name, service_ids=[])
            case ["archive", "the", "service"]:
                archive_service(self.service.id, by=self.team.actor())
            case ["monitor", "finds", *status]:
                self._find("_".join(status))
            case _:
                pytest.fail(f"the table says {step!r}, which this test does not know")

    def _edit(self, name: str, **changes: object) -> None:
        window = self.windows[name]
        same = MaintenanceDetails(
            window.title,
            window.message,
            window.starts_at,
            window.ends_at,
            [self.service.id],
            (),
            window.auto_start,
            window.auto_complete,
            window.expects_failures,
        )
        actions.edit_maintenance(window.id, replace(same, **changes), by=self.team.actor())

    def _find(self, status: str) -> None:
        """What monitors will do: claim, and take it back."""
        now = clock.now()
        with organization_scope(self.team.actor()) as scope:
            services = lock_services(scope, [self.service.id])
            if status == "nothing":
                withdraw_claims(scope, self.monitor)
            else:
                claim = NewClaim(self.service.id, ServiceStatus(status), now)
                put_claims(scope, Source.MONITOR, self.monitor, [claim])
            settle(scope, services.values(), Cause(Source.MONITOR, now))

    def _check_end(self) -> None:
        """What the service shows is what its history says last, and nothing is left over."""
        with organization_scope(self.team.actor()) as scope:
            service = scope.get(Service, self.service.id)
            last = (
                scope.session.query(StatusChange)
                .filter_by(service_id=service.id)
                .order_by(StatusChange.at.desc(), StatusChange.id.desc())
                .first()
            )
        assert last is not None
        assert service.status is last.new_status
