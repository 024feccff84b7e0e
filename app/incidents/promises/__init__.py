"""The next update, promised: who is reminded when it is due, and that no open incident is forgotten."""
