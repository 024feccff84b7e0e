"""A notice as notifications of browsers."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.database.scope import Scope
from app.delivery.models import Delivery, Notification
from app.delivery.notices import family_of
from app.delivery.notices.kept import Brief, Notice
from app.delivery.transports.push import PushMessage
from app.push.queries import read_endpoints
from app.push.rules import shorten
from app.text import speech
from app.text.languages import PageLanguage


def make_pushes(
    scope: Scope, notification: Notification, deliveries: Sequence[Delivery]
) -> tuple[Mapping[UUID, PushMessage], Sequence[UUID]]:
    """The message of each delivery, and the deliveries that no browser waits for any more."""
    make_brief = family_of(notification.kind).brief
    assert make_brief is not None, "browsers are told of what there is a brief of"
    told_by = Notice.from_json(notification.notice).told_by
    endpoints = read_endpoints(scope, [one.subscriber_id for one in deliveries if one.subscriber_id is not None])
    briefs: dict[PageLanguage, Brief] = {}
    made: dict[UUID, PushMessage] = {}
    for delivery in deliveries:
        endpoint = endpoints.get(delivery.subscriber_id) if delivery.subscriber_id else None
        if endpoint is None:
            continue
        if delivery.language not in briefs:
            with speech.speaking(delivery.language):
                briefs[delivery.language] = make_brief(notification)
        brief = briefs[delivery.language]
        made[delivery.id] = PushMessage(
            id=delivery.id,
            endpoint=endpoint,
            title=f"{told_by}: {brief.title}",
            text=shorten(brief.text),
            url=brief.url,
            language=delivery.language,
            tag=(notification.story_id or notification.id).hex,
        )
    return made, [delivery.id for delivery in deliveries if delivery.id not in made]
