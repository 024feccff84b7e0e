"""Texts written in calm hours, ready for the next incident, update or maintenance."""
