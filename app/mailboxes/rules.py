"""How often anybody can have us write to one mailbox, as values."""

from datetime import timedelta
from enum import StrEnum


class Asking(StrEnum):
    """What somebody can have us send to an address that they only name. Each is counted apart.

    Anybody may ask for a confirmation, and must not keep out a link to a page by it.
    """

    CONFIRMATION = "confirmation"
    ACCESS_LINK = "access_link"


PAUSE = timedelta(minutes=15)
"""Between two mails of one kind to one mailbox, over all organizations."""
DAY = timedelta(days=1)
MOST_IN_A_DAY = 20
"""Of one kind to one mailbox: who asks each quarter of an hour means no good."""


_WITHOUT_DOTS = frozenset({"gmail.com", "googlemail.com"})
"""Where dots in a name mean nothing: without this, each address there would be hundreds."""


def counted_mailbox(mailbox: str) -> str:
    """What is counted of a mailbox (`text.addresses.mailbox_of`): one name for all that lead into the same."""
    person, _, domain = mailbox.rpartition("@")
    return f"{person.replace('.', '')}@gmail.com" if domain in _WITHOUT_DOTS else mailbox
