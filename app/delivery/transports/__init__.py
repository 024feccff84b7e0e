"""Ways for a mail to leave. One is chosen by the settings; what they share is how they say what became of a batch."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, TypeVar

from app.delivery.mail import MailBatch


@dataclass(frozen=True, slots=True)
class TryLater:
    """The provider is too busy, broken or away: the mails it did not answer for are to be tried again."""

    reason: str
    retry_after: timedelta | None = None
    """How long the provider asks to be left alone, where it says so."""
    asked: bool = True
    """Whether the provider was asked at all; False when our own pace kept the batch back."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of the mails of a batch, by their place in it. Those in neither are still to be sent."""

    sent: Mapping[int, str] = field(default_factory=dict)
    """Place → the provider's id for the mail."""
    refused: Mapping[int, str] = field(default_factory=dict)
    """Place → why it will never be accepted."""
    gone: Collection[int] = ()
    """Of the refused, those whom nothing will ever reach: a browser that was told to forget us."""
    later: TryLater | None = None


Batch = TypeVar("Batch", contravariant=True)


class Transport(Protocol[Batch]):
    """Sends what one channel carries; never from inside a transaction."""

    def send(self, batch: Batch) -> Iterator[BatchResult]:
        """Send a batch, yielding what became of which mails as soon as it is certain.

        The caller writes each result down before it asks for the next one, so that a worker that dies loses the least:
        a transport without idempotency keys yields after each mail. A fault of the provider is a result, not an error.
        """
        ...


def refuse_all(batch: MailBatch, reason: str) -> BatchResult:
    """The whole batch was turned down for good."""
    return BatchResult(refused=dict.fromkeys(range(len(batch.mails)), reason))
