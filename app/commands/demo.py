"""Making the demo organization, so that there is something to look at."""

import click
from flask.cli import with_appcontext

from app.extensions import settings


@click.command("demo")
@with_appcontext
def demo() -> None:
    """Make the demo organization, unless it is there. Not in production."""
    if settings.in_production:
        raise click.ClickException("The demo lets known people in and does not belong into production.")
    from app.demo.actions import create_demo  # not even imported there

    if create_demo():
        click.echo("The demo organization is ready.")
