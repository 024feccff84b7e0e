"""The command line: `flask db-roles`, `flask clock`, `flask demo`."""

from flask import Flask

from app.commands.clock import clock
from app.commands.database import db_roles
from app.commands.demo import demo


def register(app: Flask) -> None:
    app.cli.add_command(clock)
    app.cli.add_command(db_roles)
    app.cli.add_command(demo)
