"""Why something on a developer's machine could not be started; each message says what to do."""


class SetupError(RuntimeError):
    """What the developer set, or the machine, does not allow it."""


class ServerError(RuntimeError):
    """An embedded server did not do what was asked."""


class AlreadyRunning(ServerError):
    """Another process has the servers of this data folder."""
