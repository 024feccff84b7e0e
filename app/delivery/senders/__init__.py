"""In whose name mails are sent, where answers go, and whether receivers can trust the domain that they come from."""
