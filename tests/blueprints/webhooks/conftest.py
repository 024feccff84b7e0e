"""Mails to report on, by the post office of the delivery tests."""

from tests.delivery.conftest import post as post
from tests.delivery.conftest import resend as resend
from tests.delivery.conftest import transport as transport
