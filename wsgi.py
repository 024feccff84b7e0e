"""What gunicorn serves: `gunicorn --config deploy/gunicorn.conf.py wsgi:application`."""

import os
import sys

from app import create_app
from app.config import Settings, SettingsError

try:
    application = create_app(Settings.from_environment(os.environ))
except SettingsError as error:
    # Plain words, no stack: the reader sets up a server and has not made a programming mistake.
    print(error, file=sys.stderr)
    sys.exit(1)
