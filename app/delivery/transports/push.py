"""Messages to browsers, each encrypted for one of them and sent to the push service that it named (RFC 8030).

A push service knows no idempotency key: a message that a worker sent and did not write down is sent again. It carries
the delivery's id, by which the browser knows it and shows it once (`static/js/push-worker.js`).
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from uuid import UUID

import requests
from cryptography.hazmat.primitives.asymmetric import ec

from app.delivery.transports import BatchResult, TryLater
from app.delivery.transports.retry_after import read_retry_after
from app.push.rules import Endpoint

KEPT_FOR = timedelta(hours=12)
"""How long a push service keeps a message for a browser that is closed: news of yesterday is none."""

GONE = {404, 410}
"""The browser is not there any more (RFC 8030 §7.3)."""
_AGAIN = {408, 425, 429}

AT_ONCE = 20
"""Messages under way together: each waits for another service's answer, and they are written down together."""


@dataclass(frozen=True, slots=True)
class PushMessage:
    """One notification for one browser."""

    id: UUID
    """The delivery's."""
    endpoint: Endpoint
    title: str
    text: str
    url: str
    """What it opens."""
    language: str
    tag: str
    """What it goes on telling of: the later one takes the earlier one's place on the screen, and with the push service
    (its topic: at most 32 characters of URL-safe Base64, RFC 8030 §5.4)."""


@dataclass(frozen=True, slots=True)
class PushBatch:
    """Messages that are sent one by one."""

    messages: tuple[PushMessage, ...]


class PushTransport:
    """Sends with the installation's own key."""

    def __init__(self, *, key: ec.EllipticCurvePrivateKey, contact: str, timeout_seconds: float) -> None:
        """
        Args:
            key: what push services know us by.
            contact: where they write to when something is wrong with our messages, as a URL.
            timeout_seconds: for each message.
        """
        self._key = key
        self._contact = contact
        self._timeout_seconds = timeout_seconds
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.max_redirects = 0

    def send(self, batch: PushBatch) -> Iterator[BatchResult]:
        numbered = enumerate(batch.messages)
        while together := list(islice(numbered, AT_ONCE)):
            with ThreadPoolExecutor(len(together)) as pool:
                yield _joined(pool.map(lambda one: self._send(*one), together))

    def _send(self, place: int, message: PushMessage) -> BatchResult:
        # Asked for when the first message is sent: it takes its time to import, which only workers have.
        from py_vapid import Vapid02
        from pywebpush import WebPushException, webpush

        browser = {
            "endpoint": message.endpoint.url,
            "keys": {"p256dh": _base64(message.endpoint.public_key), "auth": _base64(message.endpoint.secret)},
        }
        try:
            answer = webpush(
                subscription_info=browser,
                data=_body(message),
                vapid_private_key=Vapid02(self._key),
                vapid_claims={"sub": self._contact},
                ttl=int(KEPT_FOR.total_seconds()),
                headers={"Urgency": "high", "Topic": message.tag},
                timeout=self._timeout_seconds,
                requests_session=self._session,
            )
        except WebPushException as refusal:
            return _turned_down(place, refusal.status_code, getattr(refusal.response, "headers", {}))
        except (requests.RequestException, OSError) as fault:
            return BatchResult(later=TryLater(f"{type(fault).__name__}: the push service could not be asked."))
        except ValueError:
            return BatchResult(refused={place: "The key of this browser is none."}, gone={place})
        return BatchResult(sent={place: str(answer.headers.get("Location", ""))})


def _turned_down(place: int, status: int | None, headers: Mapping[str, str]) -> BatchResult:
    said = f"{status or 'No answer'} from the push service."
    if status in GONE:
        return BatchResult(refused={place: said}, gone={place})
    if status is None or status >= 500 or status in _AGAIN:
        return BatchResult(later=TryLater(said, read_retry_after(headers)))
    return BatchResult(refused={place: said})


def _joined(results: Iterable[BatchResult]) -> BatchResult:
    """Several outcomes as one, so that they are written down together."""
    sent: dict[int, str] = {}
    refused: dict[int, str] = {}
    gone: set[int] = set()
    later = None
    for result in results:
        sent |= result.sent
        refused |= result.refused
        gone |= set(result.gone)
        later = result.later or later
    return BatchResult(sent, refused, gone, later)


def _body(message: PushMessage) -> str:
    shown = {"id": str(message.id), "tag": message.tag, "title": message.title, "text": message.text}
    return json.dumps(shown | {"url": message.url, "lang": message.language}, ensure_ascii=False)


def _base64(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()
