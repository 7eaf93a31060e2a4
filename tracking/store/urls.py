"""URLs of databases and files, and paths out of URLs: the one place that escapes and decodes them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from tracking.store_errors import StoreError

SQLITE = "sqlite:///"
PASSWORD = re.compile(r"(?<=://)([^\s/?#@:'\"]*):\S*@")  # of a URL in a text
RESERVED = frozenset("?%{}")  # SQLAlchemy ends a path at `?` and decodes `%`; Optuna formats a URL as a template


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite database at an absolute path, readable where no character needs an escape.

    From the first folder on whose name has a reserved character, separators are escaped, too: MLflow creates the
    parent folder of the escaped text, and in this form that is a folder that exists.
    """
    parts = require_utf8(path).parts[1:]  # without the root
    plain = next((k for k, part in enumerate(parts) if RESERVED & set(part)), len(parts))
    prefix = "".join(f"/{part}" for part in parts[:plain])
    escaped = quote("/".join(parts[plain:]), safe="")
    return f"{SQLITE}{prefix}/{escaped}" if escaped else f"{SQLITE}{prefix}"


def sqlite_path(url: str) -> Path | None:
    """Return the absolute path of a SQLite database; None for one in memory and for another database's URL."""
    if not is_sqlite(url):
        return None
    from sqlalchemy import make_url

    database = make_url(url).database
    return Path(database).absolute() if database and database != ":memory:" else None


def is_sqlite(url: str) -> bool:
    """Return whether a URL is that of a SQLite database."""
    return url.startswith(SQLITE)


def file_url(path: Path) -> str:
    """Return the URL of an absolute path."""
    return require_utf8(path).as_uri()


def file_path(url: str) -> Path | None:
    """Return the path of a file's URL; None for another URL, and for text that is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return Path(unquote(parts.path)) if parts.scheme == "file" and "\0" not in unquote(parts.path) else None


def hide_passwords(text: str) -> str:
    """Return a text with `***` in place of the password of each URL in it."""
    return PASSWORD.sub(r"\1:***@", text)


def require_utf8(path: Path) -> Path:
    """Return the path; StoreError where its name is not UTF-8, as then no URL leads to it."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise StoreError(f"the name of the folder {str(path)!r} is not UTF-8: name another with --store") from error
    return path
