"""Text that people type in: cleaned, and rendered to harmless HTML."""

from app.text.clean import clean_message, clean_text
from app.text.markdown import render_markdown
from app.text.plain import plain_text

__all__ = ["clean_message", "clean_text", "plain_text", "render_markdown"]
