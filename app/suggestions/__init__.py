"""What the form proposes for services when an incident is reported or goes on. Nothing here changes anything."""
