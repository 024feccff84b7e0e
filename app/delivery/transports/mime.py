"""A mail as the bytes that travel (RFC 5322), for the transports that build them themselves."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from app import clock
from app.delivery.mail import Mail, sender_of
from app.delivery.mails import sender_domain


def to_message(mail: Mail, sender: str) -> EmailMessage:
    """The mail with both parts; its `Message-ID` is the delivery's, so that a copy can be told from another mail."""
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = f"<{mail.id}@{sender_domain(sender)}>"
    message["Date"] = format_datetime(clock.now())
    message["From"] = sender_of(mail, sender)
    if mail.reply_to:
        message["Reply-To"] = mail.reply_to
    message["To"] = mail.to
    message["Subject"] = mail.subject
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message
