"""Pages at addresses of their owners."""
