"""A job that does nothing, in a module that stands on the application as every job of the product does."""

from app.delivery import jobs

__all__ = ["do_nothing", "jobs"]


def do_nothing() -> None:
    """What is measured is everything around it."""
