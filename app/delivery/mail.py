"""A mail, and the batch that goes to the provider in one request."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.utils import parseaddr
from uuid import UUID

BATCH_SIZE = 100
"""Mails in one request: what Resend's batch API takes at most."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_ADDRESS = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+")


class UnfitMail(ValueError):
    """This mail cannot be sent as it is; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person. Whatever could smuggle in a header or a second recipient is refused.

    Raises:
        UnfitMail: a control character in address, subject or a header, or not exactly one address.
    """

    id: UUID
    """The delivery's: names the mail in `Message-ID`, so that a copy is known as one."""
    to: str
    subject: str
    html: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    sender_name: str = ""
    """Stands before our address in `From`; empty for our own name."""
    reply_to: str = ""
    """Where an answer goes; empty for our address."""

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.to):
            raise UnfitMail("The address is not one e-mail address.")
        if self.reply_to and not _ADDRESS.fullmatch(self.reply_to):
            raise UnfitMail("The address for answers is not one e-mail address.")
        if _CONTROL.search(self.sender_name):
            raise UnfitMail("The sender's name has a line break or another control character.")
        if _CONTROL.search(self.subject):
            raise UnfitMail("The subject has a line break or another control character.")
        for name, value in self.headers.items():
            if _CONTROL.search(name) or _CONTROL.search(value):
                raise UnfitMail(f"The header {name!r} has a line break or another control character.")


def sender_of(mail: Mail, ours: str) -> str:
    """Who a mail is from: the address in `ours` ("Upfront <a@up.example>"), in the mail's own name if it has one."""
    name, address = parseaddr(ours)
    return str(Address(mail.sender_name or name, addr_spec=address))


@dataclass(frozen=True, slots=True)
class MailBatch:
    """Mails for one request. `key` makes the provider answer a second try without sending a second time."""

    key: str
    mails: tuple[Mail, ...]
