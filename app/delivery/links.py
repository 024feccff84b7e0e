"""The addresses in mails: absolute, and with the recipient's own tokens."""

from collections.abc import Callable
from uuid import UUID

from app.delivery.models import Delivery, Notification
from app.delivery.notices.kept import Notice, Recipient
from app.subscribers.tokens import manage_token

Links = Callable[[Delivery], Recipient]
"""Makes of a delivery what its mail needs to know of who gets it."""


def to_subscribers(notification: Notification) -> Links:
    """Where to choose what to hear about, and where to leave."""
    page_url = Notice.from_json(notification.notice).page_url

    def links(delivery: Delivery) -> Recipient:
        token = manage_token(subscriber_of(delivery))
        return Recipient(
            address=delivery.address,
            language=delivery.language,
            about=delivery.about,
            manage_url=f"{page_url}/subscribe/{token}",
            unsubscribe_url=f"{page_url}/unsubscribe/{token}",
        )

    return links


def subscriber_of(delivery: Delivery) -> UUID:
    """Whose delivery it is; only for those to subscribers."""
    if delivery.subscriber_id is None:
        raise ValueError(f"delivery {delivery.id} is for no subscriber")
    return delivery.subscriber_id


def to_members(notification: Notification) -> Links:
    """Only their address: what a member may do stands behind their sign-in."""

    def links(delivery: Delivery) -> Recipient:
        return Recipient(address=delivery.address)

    return links
