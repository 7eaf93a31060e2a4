"""Errors of the libraries, translated to one StoreError."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tracking.store.urls import hide_passwords
from tracking.store_errors import ServerAwayError, StoreError

LIBRARY_ERRORS = (  # module and class
    ("sqlalchemy.exc", "SQLAlchemyError"),
    ("alembic.util.exc", "CommandError"),
    ("mlflow.exceptions", "MlflowException"),
    ("optuna.exceptions", "StorageInternalError"),
)


def library_errors() -> tuple[type[Exception], ...]:
    """Return the classes of the libraries' own errors; none of a library that is not loaded, which raises none."""
    modules = ((sys.modules.get(module), name) for module, name in LIBRARY_ERRORS)
    return tuple(getattr(module, name) for module, name in modules if module)


def failures() -> tuple[type[Exception], ...]:
    """Return the classes of errors that reading or writing a store raises."""
    return (OSError, sqlite3.Error, *library_errors())


@contextmanager
def translate_errors(what: str, advice: str, is_remote: bool) -> Iterator[None]:
    """Raise one StoreError for any of the libraries' errors: what failed, why, and what to do."""
    try:
        yield
    except failures() as error:
        kind = ServerAwayError if is_remote and is_transient(error) else StoreError
        raise kind(hide_passwords(f"{what}: {root_cause(error)}; {advice}")) from error


def is_transient(error: Exception) -> bool:
    """Whether trying again may help; it does not where MLflow refuses a request (HTTP 4xx)."""
    status = getattr(error, "get_http_status_code", None)
    return status is None or status() >= 500


def root_cause(error: BaseException) -> str:
    """Return the message of the system or the database behind an error, in one line."""
    while isinstance(error, library_errors()) and error.__cause__ is not None:
        error = error.__cause__
    root = getattr(error, "orig", None) or error
    return first_line(root)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, without its full stop."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
