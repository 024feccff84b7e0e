"""Announcements: what there is to say on a page apart from incidents, from a moment on and perhaps until another."""
