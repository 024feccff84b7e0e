"""What gunicorn serves: `gunicorn --config deploy/gunicorn.conf.py wsgi:application`."""

import os
import sys
from collections.abc import Callable
from functools import partial

import gevent
from gevent.event import Event

from app import create_app, live
from app.config import Settings, SettingsError
from app.domains.asking import in_front_of
from app.live.revisions import revisions
from app.pages.cache import PageCache
from app.web.caching import forget_closed_pages, shared_reads
from app.web.languages import language_variant

try:
    settings = Settings.from_environment(os.environ)
    app = create_app(settings)
except SettingsError as error:
    # Plain words, no stack: the reader sets up a server and has not made a programming mistake.
    print(error, file=sys.stderr)
    sys.exit(1)

cache = PageCache(
    app, revisions, shared_reads(app), variant=language_variant, yield_now=partial(gevent.sleep, 0), signal=Event
)
application = in_front_of(app, cache, settings)


def start(is_stopping: Callable[[], bool]) -> None:
    """What a web process does besides answering; gunicorn's hook calls it once in each worker."""
    forget_closed_pages(app, cache, revisions, gevent.spawn)
    live.start(app, settings, is_stopping)
