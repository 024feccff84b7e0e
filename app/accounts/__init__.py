"""People: who they are to their provider, their sessions, and what they say of themselves."""
