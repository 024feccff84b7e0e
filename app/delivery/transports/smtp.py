"""Any mail server that speaks SMTP, one connection for a batch.

SMTP has no idempotency keys. What became of each mail is therefore yielded before the next one goes out: a worker that
dies leaves at most one mail in doubt, and a copy of that one carries the same `Message-ID`.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import suppress

from app.delivery.mail import Mail, MailBatch
from app.delivery.transports import BatchResult, TryLater, refuse_all
from app.delivery.transports.mime import to_message


class SmtpTransport:
    """Sends through one mail server: encrypted from the start, or from STARTTLS on where the server offers it.

    A password is never sent in clear: with one, a server without STARTTLS is not used.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        encrypted: bool,
        sender: str,
        timeout_seconds: float,
        username: str = "",
        password: str = "",
    ) -> None:
        self._host = host
        self._port = port
        self._encrypted = encrypted
        self._sender = sender
        self._timeout_seconds = timeout_seconds
        self._username = username
        self._password = password

    def send(self, batch: MailBatch) -> Iterator[BatchResult]:
        try:
            connection = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            yield _refused_or_later(batch, error)
            return
        try:
            for place, mail in enumerate(batch.mails):
                try:
                    result = self._send_one(connection, place, mail)
                except (OSError, smtplib.SMTPException) as error:
                    # The connection is gone, and with it the rest of the batch until the next try.
                    yield BatchResult(later=_later(error))
                    return
                yield result
        finally:
            with suppress(OSError, smtplib.SMTPException):
                connection.quit()
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        tls = ssl.create_default_context()
        connection: smtplib.SMTP
        if self._encrypted:
            connection = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout_seconds, context=tls)
        else:
            connection = smtplib.SMTP(self._host, self._port, timeout=self._timeout_seconds)
        try:
            connection.ehlo()
            if not self._encrypted and (self._username or connection.has_extn("starttls")):
                connection.starttls(context=tls)
            if self._username:
                connection.login(self._username, self._password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _send_one(self, connection: smtplib.SMTP, place: int, mail: Mail) -> BatchResult:
        message = to_message(mail, self._sender)
        try:
            connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, words = error.recipients[mail.to]
            return _answered(place, code, words)
        except smtplib.SMTPResponseException as error:
            return _answered(place, error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            return BatchResult(refused={place: str(error)})
        return BatchResult(sent={place: str(message["Message-ID"])})


def _answered(place: int, code: int, words: bytes | str) -> BatchResult:
    """5xx is final for this mail, 4xx means later (RFC 5321, 4.2.1); the others go on either way."""
    reason = f"{code}: {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}"
    return BatchResult(refused={place: reason}) if code >= 500 else BatchResult(later=TryLater(reason))


def _refused_or_later(batch: MailBatch, error: OSError | smtplib.SMTPException) -> BatchResult:
    """No connection. Only a refused sign-in is final: a server that says "no service" now may say else later."""
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        return refuse_all(batch, _answered(0, error.smtp_code, error.smtp_error).refused[0])
    return BatchResult(later=_later(error))


def _later(error: Exception) -> TryLater:
    return TryLater(str(error) or type(error).__name__)
