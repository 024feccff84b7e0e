"""The addresses in mails: absolute, and with the recipient's own tokens."""

from collections.abc import Callable

from app.delivery.models import Delivery
from app.delivery.notices import ConfirmationNotice, IncidentNotice, Recipient
from app.subscribers.models import Subscriber
from app.subscribers.tokens import confirm_token, manage_token

Links = Callable[[Delivery, Subscriber], Recipient]
"""Makes of a delivery and its subscriber what their mail needs to know."""


def incident_links(notice: IncidentNotice) -> Links:
    """Where to choose what to hear about, and where to leave."""

    def links(delivery: Delivery, subscriber: Subscriber) -> Recipient:
        token = manage_token(subscriber.id)
        return Recipient(
            address=delivery.address,
            about=delivery.about,
            manage_url=f"{notice.page_url}/subscribe/{token}",
            unsubscribe_url=f"{notice.page_url}/unsubscribe/{token}",
        )

    return links


def confirmation_links(notice: ConfirmationNotice) -> Links:
    """Where to say yes. The token is that of the request that the mail answers, not of a later one."""

    def links(delivery: Delivery, subscriber: Subscriber) -> Recipient:
        token = confirm_token(subscriber.id, notice.requested_at)
        return Recipient(address=delivery.address, confirm_url=f"{notice.page_url}/subscribe/confirm/{token}")

    return links
