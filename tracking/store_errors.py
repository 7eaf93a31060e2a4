"""The errors of a store, without the libraries that cause them, which take seconds to load."""

from __future__ import annotations

from linrnn.errors import LinrnnError


class StoreError(LinrnnError):
    """A store that cannot be opened, read or written."""

    exit_code = 6


class ServerAwayError(StoreError):
    """A server that does not answer, or answers that it failed; it may come back."""


class LockConflictError(LinrnnError):
    """A lock that another process holds."""
