"""From an uploaded table to subscribers: checked first, then taken in, by workers that may die at any moment."""

from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app import clock
from app.database.actor import Actor, ActorRole
from app.database.outbox import Event
from app.database.scope import organization_scope, system_scope
from app.errors import Conflict, Denied, Invalid, NotFound
from app.organizations.rules import Role
from app.services.actions import delete_group
from app.subscribers.actions import unsubscribe
from app.subscribers.exporting import write_table
from app.subscribers.imports import actions, checking, taking_in
from app.subscribers.imports.actions import agree, cancel, forget_imports, upload
from app.subscribers.imports.claims import take_up, waiting_for_a_worker
from app.subscribers.imports.columns import LONGEST_TYPED
from app.subscribers.imports.models import ImportPiece, Part, SubscriberImport
from app.subscribers.imports.queries import (
    ImportView,
    first_left_out,
    get_import,
    list_imports,
    write_left_out,
)
from app.subscribers.imports.rules import LONGEST_LINE, ImportState
from app.subscribers.imports.work import go_through
from app.subscribers.listing import Filters, every_subscriber
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.rules import NewsKind, SubscriberSource, SubscriberState, SuppressionReason
from app.subscribers.suppression import suppress
from app.subscribers.tokens import manage_token
from app.teams.actions import remove_member
from app.text.languages import PageLanguage
from tests.builders import Team

CONSENT = "Ticked the box in the shop, 2026"


def uploaded(team: Team, *lines: str, consent: str = CONSENT) -> UUID:
    file = BytesIO("\n".join(lines).encode())
    return upload(team.page, file, "people.csv", consent, by=team.actor())


def checked(team: Team, *lines: str) -> ImportView:
    import_id = uploaded(team, *lines)
    go_through(team.id, import_id)
    return get_import(team.actor(), import_id)


def taken_in(team: Team, *lines: str) -> ImportView:
    view = checked(team, *lines)
    agree(view.id, by=team.actor())
    go_through(team.id, view.id)
    return get_import(team.actor(), view.id)


def addresses(team: Team) -> set[str]:
    with organization_scope(team.actor(), read_only=True) as scope:
        return set(scope.session.scalars(select(Subscriber.email)))


def pieces(team: Team, part: Part) -> int:
    with organization_scope(team.actor(), read_only=True) as scope:
        return len(scope.session.scalars(select(ImportPiece.position).where(ImportPiece.part == part)).all())


def test_a_table_is_counted_before_anybody_is_added(team: Team):
    team.subscriber("known@customer.example")
    with organization_scope(team.actor()) as scope:
        suppress(scope, "left@customer.example", SuppressionReason.UNSUBSCRIBED)

    view = checked(
        team,
        "email",
        "new@customer.example",
        "Known+tag@customer.example",
        "left@customer.example",
        "NEW@customer.example",
        "nobody",
    )

    assert view.state is ImportState.CHECKED
    assert (view.rows_read, view.rows_new, view.rows_known, view.rows_suppressed) == (5, 1, 1, 1)
    assert (view.rows_repeated, view.rows_faulty) == (1, 1)
    assert addresses(team) == {"known@customer.example"}


def test_those_who_are_new_are_told_with_the_consent_kept(team: Team):
    view = taken_in(team, "email", "ada@customer.example", "bob@customer.example")

    assert (view.state, view.rows_added) == (ImportState.DONE, 2)
    with organization_scope(team.actor(), read_only=True) as scope:
        rows = scope.session.scalars(select(Subscriber)).all()
    assert {row.state for row in rows} == {SubscriberState.CONFIRMED}
    assert {(row.source, row.consent, row.import_id) for row in rows} == {(SubscriberSource.IMPORT, CONSENT, view.id)}
    assert {tuple(row.kinds) for row in rows} == {tuple(NewsKind)}


def test_the_link_in_their_mails_works(team: Team):
    taken_in(team, "email", "ada@customer.example")
    with organization_scope(team.actor(), read_only=True) as scope:
        row = scope.session.scalars(select(Subscriber)).one()

    assert unsubscribe(team.page, manage_token(row.id)).has_left


def test_services_and_groups_are_chosen_by_their_names(team: Team):
    group = team.group("Platform")
    api = team.service("API")

    taken_in(team, "email;services", "ada@customer.example;api|Platform", "bob@customer.example;")

    with organization_scope(team.actor(), read_only=True) as scope:
        chosen = scope.session.execute(
            select(Subscriber.email, SubscriberChoice.service_id, SubscriberChoice.group_id).join(
                SubscriberChoice, SubscriberChoice.subscriber_id == Subscriber.id
            )
        ).all()
        everything = dict(scope.session.execute(select(Subscriber.email, Subscriber.all_services)).all())
    assert set(chosen) == {("ada@customer.example", api.id, None), ("ada@customer.example", None, group.id)}
    assert everything == {"ada@customer.example": False, "bob@customer.example": True}


def test_what_was_taken_along_can_be_imported_again(team: Team, world):
    other = world.team("Contoso", "contoso")
    for one in (team, other):
        one.group("Platform", inside=one.group("Offices"))
        group = one.group("Platform", inside=one.group("=Regions"))
        service = one.service("API", group)
        if one is team:
            some = [NewsKind.INCIDENTS, NewsKind.ANNOUNCEMENTS]
            one.subscriber("ada@customer.example", chosen=(service, group), kinds=some)
            one.subscriber("left@customer.example", state=SubscriberState.UNSUBSCRIBED)
            told = one.subscriber("+bob@customer.example")
    with organization_scope(team.actor()) as scope:
        scope.get(Subscriber, told.id).language = PageLanguage.FRENCH

    view = taken_in(other, *"".join(write_table(Filters(), {}, by=team.actor())).splitlines())

    assert (view.rows_added, view.rows_faulty) == (2, 1)
    first, again = (
        [(row.email, row.services, row.groups, row.kinds, row.language) for row in every_subscriber(one.actor(), told)]
        for one in (team, other)
        for told in [Filters(state=SubscriberState.CONFIRMED)]
    )
    assert sorted(again) == sorted(first)
    assert ("ada@customer.example", ("API",), ("=Regions › Platform",), tuple(some), None) in again


def test_who_leaves_between_check_and_import_is_not_brought_back(team: Team):
    view = checked(team, "email", "ada@customer.example", "bob@customer.example")
    agree(view.id, by=team.actor())
    with organization_scope(team.actor()) as scope:
        suppress(scope, "ada@customer.example", SuppressionReason.UNSUBSCRIBED)

    go_through(team.id, view.id)

    assert addresses(team) == {"bob@customer.example"}


def test_what_is_left_out_can_be_read_line_by_line(team: Team):
    view = checked(team, "email", "=1+1", "ada@customer.example", "ada+x@customer.example")

    table = "".join(write_left_out(team.actor(), view.id)).splitlines()

    assert table[1].startswith("2,'=1+1,")
    assert table[2] == "4,ada+x@customer.example,The same mailbox stands in an earlier line."


def test_a_worker_that_died_is_followed_by_one_that_counts_anew(team: Team, monkeypatch, traveller):
    monkeypatch.setattr(checking, "BATCH", 2)
    import_id = uploaded(team, "email", *(f"reader{number}@customer.example" for number in range(5)))
    claim = take_up(team.id, import_id)
    assert claim is not None
    monkeypatch.setattr(checking, "add_piece", _fails_the_second_time(checking.add_piece))
    with pytest.raises(RuntimeError):
        checking.check(claim)
    monkeypatch.undo()
    traveller.shift(61)

    go_through(team.id, import_id)

    view = get_import(team.actor(), import_id)
    assert (view.state, view.rows_read, view.rows_new) == (ImportState.CHECKED, 5, 5)


def test_taking_in_goes_on_behind_the_last_piece(team: Team, monkeypatch, traveller):
    monkeypatch.setattr(checking, "BATCH", 2)
    view = checked(team, "email", *(f"reader{number}@customer.example" for number in range(5)))
    agree(view.id, by=team.actor())
    claim = take_up(team.id, view.id)
    assert claim is not None
    monkeypatch.setattr(taking_in, "_add_subscribers", _fails_the_second_time(taking_in._add_subscribers))
    with pytest.raises(RuntimeError):
        taking_in.take_in(claim)
    half = addresses(team)
    monkeypatch.undo()
    traveller.shift(61)

    go_through(team.id, view.id)

    assert len(half) == 2
    assert (get_import(team.actor(), view.id).rows_added, len(addresses(team))) == (5, 5)


def test_one_table_at_a_time_is_gone_through_of_whichever_organization(team: Team, world):
    other = world.team("Contoso", "contoso")
    take_up(team.id, uploaded(team, "email", "ada@customer.example"))
    waiting = uploaded(other, "email", "ada@customer.example")

    go_through(other.id, waiting)

    assert get_import(other.actor(), waiting).state is ImportState.CHECKING


def test_a_cancelled_table_leaves_nothing_of_its_people(team: Team):
    view = checked(team, "email", "ada@customer.example")

    cancel(view.id, by=team.actor())

    assert (pieces(team, Part.FILE), pieces(team, Part.ROWS)) == (0, 0)
    with pytest.raises(Conflict):
        agree(view.id, by=team.actor())


def test_a_table_that_nobody_says_yes_to_is_forgotten_after_a_day(team: Team, traveller):
    view = checked(team, "email", "ada@customer.example")
    traveller.shift(25 * 3600)

    forget_imports()

    assert get_import(team.actor(), view.id).state is ImportState.CANCELLED


def test_what_is_no_table_is_refused_as_a_whole_with_what_to_do(team: Team):
    view = checked(team, "name", "Ada")

    assert view.state is ImportState.REFUSED
    assert view.fault is not None
    assert "heading “email”" in view.fault


def test_more_rows_than_we_take_are_refused(team: Team, monkeypatch):
    monkeypatch.setattr(checking, "MOST_ROWS", 3)

    view = checked(team, "email", *(f"reader{number}@customer.example" for number in range(4)))

    assert view.state is ImportState.REFUSED
    assert addresses(team) == set()


def test_a_file_that_is_too_large_is_refused_while_it_comes(team: Team, monkeypatch):
    monkeypatch.setattr(actions, "MOST_BYTES", 10)

    with pytest.raises(Invalid) as refused:
        uploaded(team, "email", "ada@customer.example")

    assert "50 MB" in refused.value.faults["file"]
    assert list_imports(team.actor()) == ()


def test_nothing_is_uploaded_without_saying_where_the_consent_comes_from(team: Team):
    with pytest.raises(Invalid) as refused:
        uploaded(team, "email", "ada@customer.example", consent="")

    assert set(refused.value.faults) == {"consent"}


def test_another_organizations_table_is_not_there(team: Team, world):
    view = checked(team, "email", "ada@customer.example")
    stranger = world.team("Contoso", "contoso").actor(ActorRole.ADMIN)

    for step in (agree, cancel):
        with pytest.raises(NotFound):
            step(view.id, by=stranger)


def test_an_upload_rings_by_its_event(team: Team):
    import_id = uploaded(team, "email", "ada@customer.example")

    with system_scope("a test looks at what was announced") as scope:
        event = scope.session.scalars(select(Event).where(Event.kind == "subscriber_import.uploaded")).one()
        row = scope.session.scalars(select(SubscriberImport)).one()
    assert event.payload == {"import_id": str(import_id)}
    assert row.created_at <= clock.now()


def _fails_the_second_time(step):
    calls = iter((True, False))

    def attempt(*given):
        if not next(calls):
            raise RuntimeError("the worker died")
        return step(*given)

    return attempt


def test_a_group_that_is_deleted_before_its_table_is_taken_in_is_passed_over(team: Team):
    api, edge = team.service("API"), team.group("Edge")
    view = checked(team, "email,services,groups", "ada@customer.example,API,Edge", "bob@customer.example,,Edge")
    delete_group(edge.id, by=team.actor())

    agree(view.id, by=team.actor())
    go_through(team.id, view.id)

    assert get_import(team.actor(), view.id).state is ImportState.DONE
    assert addresses(team) == {"ada@customer.example", "bob@customer.example"}
    with organization_scope(team.actor(), read_only=True) as scope:
        chosen = scope.session.scalars(select(SubscriberChoice)).all()
    assert [(one.service_id, one.group_id) for one in chosen] == [(api.id, None)]


def test_a_table_that_fails_each_time_is_tried_after_the_others(team: Team):
    failing = uploaded(team, "ada@customer.example")
    take_up(team.id, failing)
    with system_scope("the worker that took it has died") as scope:
        scope.session.execute(update(SubscriberImport).values(lease_until=clock.now()))
    other = uploaded(team, "bob@customer.example")

    with system_scope("which tables wait") as scope:
        waiting = waiting_for_a_worker(scope)

    assert [import_id for _, import_id in waiting] == [other, failing]


def test_whatever_stands_in_a_faulty_line_it_is_one_line_of_those_left_out(team: Team):
    odd = ["a\u2028b", "a\x0bb", "a\x85b", '"a\nb"', "=" + "x" * (LONGEST_LINE - 1)]

    view = checked(team, "email", "ada@customer.example", *odd)

    rows = first_left_out(team.actor(), view.id, 20)
    assert [line for line, _, _ in rows] == ["3", "4", "5", "7", "8"]
    assert max(len(typed) for _, typed, _ in rows) <= LONGEST_TYPED + 1


def test_whoever_was_removed_while_their_file_was_on_its_way_uploads_nothing(team: Team):
    editor = team.member(Role.EDITOR)
    before = Actor(team.id, ActorRole.EDITOR, editor.user_id, editor.name)
    remove_member(editor.user_id, by=team.actor())

    with pytest.raises(Denied):
        upload(team.page, BytesIO(b"ada@customer.example"), "people.csv", CONSENT, by=before)

    assert list_imports(team.actor()) == ()
