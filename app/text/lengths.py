"""How long texts may be, and what is said of one that is longer."""

MESSAGE_LENGTH = 10_000
"""Characters of a message to visitors: an update, an announcement, what a template fills in."""


def check_length(text: str, longest: int, advice: str = "") -> str | None:
    """What is wrong with a text of more than `longest` characters, in words for beside the field.

    Args:
        advice: a sentence on what to do with the rest.
    """
    if len(text) <= longest:
        return None
    return " ".join(filter(None, [f"Use at most {longest:,} characters; this has {len(text):,}.", advice]))
