"""What members do with all whom they found: have it begun, and stopped. The rest is a worker's (`work`)."""

from uuid import UUID

from sqlalchemy import func, select

from app import clock
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope
from app.errors import Conflict
from app.organizations.membership import check_still_editor
from app.subscribers.errands.bell import BEGUN
from app.subscribers.errands.models import SubscriberErrand
from app.subscribers.errands.rules import Act
from app.subscribers.listing import Filters, is_found
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState

MOST_UNDER_WAY = 5
TOO_MANY = "Five such errands are under way already. Wait until one of them is done, or stop one."
ASKED = "subscribers.asked"
"""Many were asked at the same moment for the same thing."""
NOBODY = "There is nobody among them any more for whom that could be done."


def begin(act: Act, filters: Filters, newest_id: UUID, *, by: Actor) -> UUID:
    """Have something done with all who are found; returns the errand's id.

    Args:
        act: what.
        filters: who.
        newest_id: of those whom the member saw: who came later is left alone.
        by: in whose name, and with whose rights, it is done.

    Raises:
        Denied: they may not any more.
        Conflict: there is nobody left for whom it could be done, or too much is under way.
    """
    with organization_scope(by) as scope:
        check_still_editor(scope)
        scope.take_turns("begin an errand")
        under_way = scope.session.scalar(
            select(func.count()).where(
                SubscriberErrand.organization_id == scope.organization_id, SubscriberErrand.finished_at.is_(None)
            )
        )
        if (under_way or 0) >= MOST_UNDER_WAY:
            raise Conflict(TOO_MANY)
        people = scope.session.scalar(
            select(func.count()).where(
                is_found(scope, filters), Subscriber.id <= newest_id, Subscriber.state.in_(act.states)
            )
        )
        if not people:
            raise Conflict(NOBODY)
        now = clock.now()
        row = SubscriberErrand(
            organization_id=scope.organization_id,
            id=new_id(),
            act=act,
            text=filters.text,
            state=filters.state,
            page_id=filters.page_id,
            service_id=filters.service_id,
            newest_id=newest_id,
            people=people,
            created_at=now,
            created_by_user_id=by.user_id,
            created_by_name=by.name,
            touched_at=now,
        )
        scope.session.add(row)
        scope.emit(BEGUN, {"errand_id": str(row.id)}, visible=False)
        return row.id


def stop(errand_id: UUID, *, by: Actor) -> None:
    """Leave those alone who have not had their turn. Twice is once.

    Raises:
        NotFound: there is no such errand.
    """
    with organization_scope(by) as scope:
        check_still_editor(scope)
        row = scope.lock(SubscriberErrand, errand_id)
        if row.finished_at is None:
            end(scope, row, is_stopped=True)


def end(scope: Scope, row: SubscriberErrand, *, is_stopped: bool) -> None:
    """Nothing is done any more: write down, once, what came of it, and forget whom it named.

    Those who are asked are told of it only now, many in one request, by one event for each thing they asked for.
    """
    row.finished_at = clock.now()
    row.is_stopped = is_stopped
    row.text = ""
    if row.act is not Act.REMOVE:
        _announce_asked(scope, row)
    narrowed = {"state": row.state, "page_id": row.page_id, "service_id": row.service_id}
    scope.record(
        f"subscriber.all_{_SAID[row.act]}",
        subject_id=row.id,
        changes={"people": (None, row.done), **{name: (None, one) for name, one in narrowed.items() if one}},
    )


_SAID = {Act.ASK: "asked_again", Act.TRY: "tried_again", Act.REMOVE: "erased"}


def _announce_asked(scope: Scope, row: SubscriberErrand) -> None:
    asked = scope.session.execute(
        select(Subscriber.page_id, Subscriber.asked_incident_id)
        .where(
            Subscriber.organization_id == scope.organization_id,
            Subscriber.state == SubscriberState.PENDING,
            Subscriber.requested_at == row.created_at,
        )
        .distinct()
    ).all()
    for page_id, incident_id in asked:
        payload = {
            "errand_id": str(row.id),
            "page_id": str(page_id),
            "incident_id": str(incident_id) if incident_id else None,
            "requested_at": row.created_at.isoformat(),
        }
        scope.emit(ASKED, payload, visible=False)
