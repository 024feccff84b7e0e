"""Resend's batch API, through its SDK.

One request per batch, its idempotency key on it: the same request again is answered as the first time, without sending
again, for 24 hours. Validation is "permissive", so that one bad address does not keep the other 99 from their mail.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import requests
import resend
from resend.exceptions import ResendError

from app.delivery.mail import Mail, MailBatch, sender_of
from app.delivery.pace import Pace
from app.delivery.transports import BatchResult, TryLater, refuse_all
from app.delivery.transports.retry_after import read_retry_after

_AGAIN = {408, 425, 429}
"""Answers below 500 that say "not now" rather than "no"."""


class _NotOurTurn(Exception):
    """Our turn at the provider is too far away to wait for it."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Waiting for a turn at the provider.")
        self.wait = wait


class _Connection(resend.HTTPClient):
    """The SDK's HTTP: at our pace, with our time-out, and no proxy or credentials from the environment."""

    def __init__(self, pace: Pace, timeout_seconds: float) -> None:
        self._pace = pace
        self._timeout_seconds = timeout_seconds
        self._session = requests.Session()
        self._session.trust_env = False

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        json: dict[str, object] | list[object] | None = None,
        files: dict[str, Any] | None = None,
        data: dict[str, str] | None = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        request = requests.Request(method, url, headers=dict(headers), json=json, files=files, data=data)
        prepared = self._session.prepare_request(request)
        # As late as can be: what is done between the turn and the request makes requests come unevenly.
        wait = self._pace.wait_for_turn()
        if wait is not None:
            raise _NotOurTurn(wait)
        try:
            answer = self._session.send(prepared, timeout=self._timeout_seconds, allow_redirects=False)
        finally:
            self._pace.note_answer()
        return answer.content, answer.status_code, answer.headers


class ResendTransport:
    """Sends through Resend at the pace that its account allows. The SDK keeps its settings per process: so do we."""

    def __init__(self, *, api_key: str, api_url: str, sender: str, pace: Pace, timeout_seconds: float) -> None:
        self._sender = sender
        self.pace = pace
        resend.api_key = api_key
        resend.api_url = api_url.rstrip("/")
        resend.default_http_client = _Connection(pace, timeout_seconds)

    def send(self, batch: MailBatch) -> Iterator[BatchResult]:
        try:
            answer = resend.Batch.send(
                [self._parameters(mail) for mail in batch.mails],
                {"idempotency_key": batch.key, "batch_validation": "permissive"},
            )
        except ResendError as error:
            yield self._fault(batch, error)
            return
        refused = {int(fault["index"]): str(fault["message"]) for fault in answer.get("errors") or ()}
        accepted = (place for place in range(len(batch.mails)) if place not in refused)
        # Accepted is accepted, also where the provider should name fewer ids than it took mails.
        ids = (str(sent["id"]) for sent in answer.get("data") or ())
        yield BatchResult(sent={place: next(ids, "") for place in accepted}, refused=refused)

    def _parameters(self, mail: Mail) -> resend.Emails.SendParams:
        parameters: resend.Emails.SendParams = {
            "from": sender_of(mail, self._sender),
            "to": [mail.to],
            "subject": mail.subject,
            "html": mail.html,
            "text": mail.text,
            "headers": dict(mail.headers),
        }
        if mail.reply_to:
            parameters["reply_to"] = mail.reply_to
        return parameters

    def _fault(self, batch: MailBatch, error: ResendError) -> BatchResult:
        """What an answer other than 2xx, or none at all (code 500, `HttpClientError`), means for the batch."""
        # The SDK makes a `ResendError` of whatever its client raises.
        if isinstance(error.__context__, _NotOurTurn):
            return BatchResult(later=TryLater(str(error.__context__), error.__context__.wait, asked=False))
        code = int(error.code)
        # Our own earlier request with this key is still at work there: its answer comes at the next try.
        still_at_work = error.error_type == "concurrent_idempotent_requests"
        if code < 500 and code not in _AGAIN and not still_at_work:
            return refuse_all(batch, f"{code}: {error.message}")
        retry_after = read_retry_after(error.headers)
        if retry_after is not None and code == 429:
            self.pace.rest(retry_after)
        return BatchResult(later=TryLater(f"{code}: {error.message}", retry_after))
