"""What can go wrong with a store, and in which words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from mlflow.exceptions import MlflowException
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import SQLAlchemyError

from linrnn.errors import LinrnnError

FAILURES = (OSError, sqlite3.Error, SQLAlchemyError, MlflowException, StorageInternalError)


class StoreError(LinrnnError):
    """A store that cannot be opened, read or written."""

    exit_code = 6


class ServerAwayError(StoreError):
    """A server that does not answer, or answers that it failed; it may come back."""


class LockConflictError(LinrnnError):
    """Work that another process is at."""


@contextmanager
def translate_errors(what: str, advice: str, remote: bool) -> Iterator[None]:
    """Turn the libraries' errors into one StoreError: what failed, why, and what to do."""
    try:
        yield
    except FAILURES as error:
        kind = ServerAwayError if remote and is_transient(error) else StoreError
        raise kind(f"{what}: {root_cause(error)}; {advice}") from error


def is_transient(error: Exception) -> bool:
    """Whether trying again may help: MLflow's own refusals (4xx) stay."""
    return not isinstance(error, MlflowException) or error.get_http_status_code() >= 500


def root_cause(error: BaseException) -> str:
    """The root of an error in one line: what the system or the database said, without what was wrapped around it."""
    while isinstance(error, (SQLAlchemyError, StorageInternalError, MlflowException)) and error.__cause__ is not None:
        error = error.__cause__
    root = getattr(error, "orig", None) or error
    return first_line(root)


def first_line(error: BaseException) -> str:
    """The first line of an error's text, without its full stop."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
