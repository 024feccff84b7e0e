"""Incidents and what is said of them, from the first message to the postmortem."""
