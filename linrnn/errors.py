"""The errors that a user can cause, and that a command turns into one line and an exit code.

LinrnnError
  ConfigError     a setting, name or value that does not exist or is out of its range   (exit 2)
  DataError       a series that cannot be used as it is                                 (exit 5)
  tracking.StoreError   a store that cannot be opened, read or written                  (exit 6)
"""


class LinrnnError(Exception):
    """Base of all errors whose message is meant for the user."""

    exit_code = 1


class ConfigError(LinrnnError, ValueError):
    """A setting, name or value that does not exist or is out of its range."""

    exit_code = 2


class DataError(LinrnnError, ValueError):
    """A series that cannot be used as it is."""

    exit_code = 5
