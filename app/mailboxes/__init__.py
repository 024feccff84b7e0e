"""Mailboxes of people who may not have asked for our mail: how often each is written to, whoever has it done."""
