"""Taking in many subscribers from a table: looked through first, then taken in, both in the background."""
