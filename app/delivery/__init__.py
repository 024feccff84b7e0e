"""Telling subscribers, exactly once (decision 0008): notifications, deliveries, and the transports that carry them."""

from flask import Flask

from app.database.outbox import listen
from app.delivery.bell import ring_for_events


def register(app: Flask) -> None:
    """Have what is committed be told: events ring for a worker."""
    listen(ring_for_events)
