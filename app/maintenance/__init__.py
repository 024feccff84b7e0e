"""Planned windows: their plan, their life, and how they come again."""
