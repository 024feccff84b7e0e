"""Development: nothing leaves the machine. Each mail becomes a file that `/dev/outbox` shows."""

import os
from collections.abc import Iterator
from pathlib import Path

from app.delivery.mail import MailBatch
from app.delivery.transports import BatchResult
from app.delivery.transports.mime import to_message


class OutboxTransport:
    """Writes mails into a folder. The file is named by the delivery: sent twice, it is still one mail."""

    def __init__(self, *, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, batch: MailBatch) -> Iterator[BatchResult]:
        self._folder.mkdir(parents=True, exist_ok=True)
        for mail in batch.mails:
            whole = self._folder / f"{mail.id}.eml"
            # Written beside and moved into place: the page never reads half a mail.
            part = whole.with_suffix(f".{os.getpid()}.part")
            part.write_bytes(to_message(mail, self._sender).as_bytes())
            part.replace(whole)
        yield BatchResult(sent={place: str(mail.id) for place, mail in enumerate(batch.mails)})
