"""Errors of the libraries, translated to one StoreError."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from mlflow.exceptions import MlflowException
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import SQLAlchemyError

from tracking.store_errors import ServerAwayError, StoreError

FAILURES = (OSError, sqlite3.Error, SQLAlchemyError, MlflowException, StorageInternalError)


@contextmanager
def translate_errors(what: str, advice: str, is_remote: bool) -> Iterator[None]:
    """Raise one StoreError for any of the libraries' errors: what failed, why, and what to do."""
    try:
        yield
    except FAILURES as error:
        kind = ServerAwayError if is_remote and is_transient(error) else StoreError
        raise kind(f"{what}: {root_cause(error)}; {advice}") from error


def is_transient(error: Exception) -> bool:
    """Whether trying again may help; it does not where MLflow refuses a request (HTTP 4xx)."""
    return not isinstance(error, MlflowException) or error.get_http_status_code() >= 500


def root_cause(error: BaseException) -> str:
    """Return the message of the system or the database behind an error, in one line."""
    while isinstance(error, (SQLAlchemyError, StorageInternalError, MlflowException)) and error.__cause__ is not None:
        error = error.__cause__
    root = getattr(error, "orig", None) or error
    return first_line(root)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, without its full stop."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
