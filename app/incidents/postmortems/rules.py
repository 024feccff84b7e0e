"""What a postmortem may say, as pure functions over plain values."""

from app.text.lengths import check_length

POSTMORTEM_LENGTH = 20_000
"""Longer texts are not rendered as markdown (`app/text/markdown.py`)."""


def check_postmortem(message: str) -> str | None:
    """What is wrong with a text that went through `text.clean.clean_message`, in words for beside the field."""
    if not message.strip():
        return "Say what happened, why, and what you change so that it does not happen again."
    return check_length(message, POSTMORTEM_LENGTH)
