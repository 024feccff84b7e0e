"""A planned window in mails: each step once, in the page's time, and after an outage only how it stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.database.actor import Actor
from app.database.scope import organization_scope
from app.delivery.notices.maintenance import MaintenanceNotice, maintenance_mails
from app.maintenance import actions as maintenance
from app.maintenance.models import Maintenance
from app.maintenance.rules import MaintenanceStage
from app.maintenance.series import end_series
from app.services.models import Service
from tests.builders import Team
from tests.delivery.conftest import Ledger, PostOffice
from tests.delivery.test_mails import READER
from tests.fakes.resend import FakeResend

NOTICE = MaintenanceNotice(
    organization_name="Northwind Cloud",
    page_url="https://status.example/northwind",
    time_zone="Europe/Berlin",
    kind="maintenance.scheduled",
    title="Network upgrade",
    stage=MaintenanceStage.SCHEDULED,
    starts_at=datetime(2026, 11, 24, 1, 0, tzinfo=UTC),
    ends_at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
    affected=("API", "Search"),
    plan_html="<p>We replace two switches.</p>",
    plan_text="We replace two switches.",
    said_html="",
    said_text="",
    maintenance_url="https://status.example/northwind/maintenance/0190",
)

EXPECTED_TEXT = """\
PLANNED MAINTENANCE
Network upgrade
24 November 2026, 02:00 to 04:00 CET, touches API, Search

We replace two switches.

See this maintenance: https://status.example/northwind/maintenance/0190
Add to your calendar: https://status.example/northwind/maintenance/0190.ics

--\x20
You asked Northwind Cloud to tell you about API, Dashboard and 4 more.
Choose what you hear about: https://status.example/northwind/subscribe/t0ken
Unsubscribe: https://status.example/northwind/unsubscribe/t0ken
"""


def mail_of(notice: MaintenanceNotice) -> tuple[str, str, str]:
    mail = maintenance_mails(notice)(uuid4(), READER)
    return mail.subject, mail.text, mail.html


def subjects(resend: FakeResend) -> list[str]:
    return [mail["subject"].partition("] ")[2] for mail in resend.accepted]


def emit(team: Team, window: Maintenance, verb: str) -> None:
    """What the clock emits for a window, without waiting for its time."""
    said = {"maintenance_id": str(window.id), "update_id": None, "notify": True, "service_ids": []}
    with organization_scope(Actor.clock(team.id)) as scope:
        scope.emit(f"maintenance.{verb}", said)


def test_the_text_part_says_when_in_the_pages_zone_and_what_is_touched() -> None:
    subject, text, _ = mail_of(NOTICE)

    assert subject == "[Northwind Cloud] Planned maintenance: Network upgrade, 24 November 2026, 02:00 CET"
    assert text == EXPECTED_TEXT


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "words"),
    [
        # The clock goes back at 03:00 CEST on 25 October, and over midnight.
        ((2026, 10, 24, 23, 30), (2026, 10, 25, 1, 30), "25 October 2026, 01:30 CEST to 25 October 2026, 02:30 CET"),
        ((2026, 11, 24, 22, 0), (2026, 11, 25, 0, 0), "24 November 2026, 23:00 CET to 25 November 2026, 01:00 CET"),
    ],
)
def test_a_window_over_midnight_or_over_a_change_of_the_clock_names_both_ends_in_full(
    starts_at: tuple[int, ...], ends_at: tuple[int, ...], words: str
) -> None:
    start, end = (datetime(*moment, tzinfo=UTC) for moment in (starts_at, ends_at))

    _, text, _ = mail_of(replace(NOTICE, starts_at=start, ends_at=end))

    assert words in text.replace("\n", " ")


def test_what_users_typed_is_escaped_and_makes_no_header() -> None:
    subject, _, html = mail_of(
        replace(NOTICE, title="<script>x</script>\r\nBcc: a@x.example", affected=("<i>API</i>",))
    )

    assert "\n" not in subject
    assert "<script>" not in html
    assert "<i>" not in html


def test_what_was_planned_is_not_told_beside_what_became_of_it() -> None:
    completed = replace(
        NOTICE, stage=MaintenanceStage.COMPLETED, said_text="It is done.", said_html="<p>It is done.</p>"
    )

    _, text, html = mail_of(completed)

    assert "It is done." in text
    assert "We replace two switches." not in text + html


def test_a_notice_is_the_same_after_it_was_kept() -> None:
    assert MaintenanceNotice.from_json(NOTICE.to_json()) == NOTICE


def test_a_plan_is_told_to_those_who_chose_a_touched_service_or_all(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    api, web = team.service("API"), team.service("Web")
    team.subscriber("all@customer.example")
    team.subscriber("api@customer.example", chosen=(api,))
    team.subscriber("web@customer.example", chosen=(web,))

    team.maintenance("Network upgrade", api)
    post.tell()

    assert sorted(resend.recipients) == ["all@customer.example", "api@customer.example"]


def test_a_silent_plan_is_told_to_nobody(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()

    team.maintenance(announce=False)
    post.tell()

    assert resend.accepted == []


def test_each_step_is_one_mail_of_its_own(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()
    window = team.maintenance("Network upgrade")
    post.tell()
    emit(team, window, "reminded")
    post.tell()
    team.move_on(window, "in_progress")
    post.tell()
    team.move_on(window, "in_progress", "Half of it is done.")
    post.tell()
    maintenance.extend_maintenance(window.id, window.ends_at + timedelta(hours=1), by=team.actor())
    post.tell()
    team.move_on(window, "verifying")
    post.tell()
    team.move_on(window, "completed", "All switches are new.")
    post.tell()

    assert [subject.partition(": Network upgrade")[0] for subject in subjects(resend)] == [
        "Planned maintenance",
        "Reminder of maintenance",
        "Maintenance has started",
        "Maintenance",
        "Maintenance takes longer",
        "Maintenance: checking the result",
        "Maintenance completed",
    ]
    assert "Half of it is done." in resend.accepted[3]["text"]
    assert "All switches are new." in resend.accepted[6]["text"]
    assert "Add to your calendar" not in resend.accepted[6]["text"]


def test_after_an_hour_without_the_provider_only_the_present_state_is_told(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    api = team.service("API")
    team.subscriber("ada@customer.example")
    team.subscriber("api@customer.example", chosen=(api,))
    resend.behaviour.vanish_before = True
    window = team.maintenance("Network upgrade", api)
    post.keep_trying(timedelta(minutes=20))
    team.move_on(window, "in_progress")
    post.keep_trying(timedelta(minutes=20))
    team.move_on(window, "completed")
    post.keep_trying(timedelta(minutes=20))

    resend.behaviour.vanish_before = False
    post.keep_trying(timedelta(minutes=10))

    assert sorted(resend.recipients) == ["ada@customer.example", "api@customer.example"]
    assert set(subjects(resend)) == {"Maintenance completed: Network upgrade"}


def test_of_two_reminders_that_waited_only_the_later_is_sent(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()
    window = team.maintenance(announce=False)

    emit(team, window, "reminded")
    emit(team, window, "reminded")
    post.tell()

    assert len(resend.accepted) == 1


def test_a_plan_that_was_called_off_silently_before_it_was_told_is_not_told(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    team.subscriber("ada@customer.example")
    window = team.maintenance()
    post.fan_out()
    maintenance.cancel_maintenance(window.id, notify=False, by=team.actor())

    post.send_due()

    assert resend.accepted == []
    assert ledger.states() == {"ada@customer.example": "superseded"}


def test_a_cancelled_plan_is_told_as_cancelled(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()
    window = team.maintenance("Network upgrade")
    post.tell()

    maintenance.cancel_maintenance(window.id, "The new switches are late.", by=team.actor())
    post.tell()

    assert subjects(resend)[-1] == "Maintenance cancelled: Network upgrade"
    assert "The new switches are late." in resend.accepted[-1]["text"]


def test_old_times_are_not_told_after_a_silent_move(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()
    window = team.maintenance()
    post.fan_out()
    move(team, window, announce=False)

    post.send_due()

    assert resend.accepted == []


def test_a_series_is_planned_and_ended_in_one_mail_each(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()
    series = team.series("FREQ=WEEKLY;COUNT=4", title="Patches")
    post.tell()

    end_series(series.id, "We have a new vendor.", by=team.actor())
    post.tell()

    planned, ended = resend.accepted
    assert "This work comes again" in planned["text"]
    assert "its later dates are cancelled, too" in ended["text"].replace("\n", " ")
    assert "We have a new vendor." in ended["text"]


def test_a_move_is_told_with_the_new_time(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()
    post.traveller.move_to(datetime(2026, 11, 21, 12, 0, tzinfo=UTC), tick=False)
    window = team.maintenance("Network upgrade", in_hours=13)
    post.tell()

    move(team, window, announce=True)
    post.tell()

    assert subjects(resend) == [
        "Planned maintenance: Network upgrade, 22 November 2026, 02:00 CET",
        "Planned maintenance has changed: Network upgrade, 23 November 2026, 02:00 CET",
    ]


def test_a_plan_that_was_moved_before_it_was_taken_up_is_told_once_with_the_new_time(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    team.subscriber()
    post.traveller.move_to(datetime(2026, 11, 21, 12, 0, tzinfo=UTC), tick=False)
    window = team.maintenance("Network upgrade", in_hours=13)

    move(team, window, announce=True)
    post.tell()

    assert subjects(resend) == ["Planned maintenance: Network upgrade, 23 November 2026, 02:00 CET"]


def test_an_edit_of_what_no_mail_says_is_told_to_nobody(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()
    window = team.maintenance()
    post.tell()

    move(team, window, by=timedelta(0), announce=True, reminders=(timedelta(hours=3),))
    post.tell()

    assert len(resend.accepted) == 1


def test_who_chose_a_service_that_is_taken_off_is_told_of_that(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    api, web = team.service("API"), team.service("Web")
    team.subscriber("web@customer.example", chosen=(web,))
    window = team.maintenance("Network upgrade", api, web, announce=False)

    move(team, window, announce=True, services=(api,))
    post.tell()

    assert len(resend.mails_to("web@customer.example")) == 1


def move(
    team: Team,
    window: Maintenance,
    *,
    announce: bool,
    by: timedelta = timedelta(days=1),
    services: tuple[Service, ...] = (),
    reminders: tuple[timedelta, ...] | None = None,
) -> None:
    details = maintenance.MaintenanceDetails(
        title=window.title,
        message=window.message,
        starts_at=window.starts_at + by,
        ends_at=window.ends_at + by,
        service_ids=[service.id for service in services],
        **({"reminders": reminders} if reminders is not None else {}),
    )
    maintenance.edit_maintenance(window.id, details, announce=announce, by=team.actor())
