"""Where runs and studies are recorded in place of a folder: addresses, checked before a library uses them.

MLflow itself tries an address that does not answer for minutes.
"""

from __future__ import annotations

import os
import socket
import ssl
from contextlib import suppress
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from linrnn.errors import ConfigError
from tracking.store.error_translation import first_line
from tracking.store.urls import hide_passwords, is_sqlite, sqlite_path, sqlite_url
from tracking.store_errors import ServerAwayError, StoreError

VARIABLE = "MLFLOW_TRACKING_URI"
SECONDS = 5  # until a server has to answer
DATABASES = ("postgresql", "mysql", "mssql")
ADVICE = "correct it, or name a folder with --store"


def read_address() -> str | None:
    """Return the address that the environment names, with an absolute path where it is that of a SQLite file.

    Raises
    ------
    StoreError
        If it is the address of no file, no server, or of a database in memory.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    if text.startswith("databricks"):
        return text
    if text.startswith("sqlite"):
        return sqlite_url(parse_sqlite_address(text))
    try:
        parts = urlsplit(text)
        is_local = parts.scheme.partition("+")[0] in DATABASES and len(parts.path) > 1  # by a socket of the system
        is_address = bool(parts.hostname or is_local) and parts.port != 0  # no number raises ValueError
    except ValueError as error:
        raise address_error(text, f"cannot be read ({first_line(error)})") from error
    if not is_address or parts.scheme == "file":
        raise address_error(text, "names no server: write http://host:5000, postgresql://host/name or sqlite:///file")
    return text


def parse_sqlite_address(text: str) -> Path:
    """Return the absolute path of the SQLite database that an address names."""
    from sqlalchemy.exc import ArgumentError

    try:
        path = sqlite_path(text) if is_sqlite(text) else None
    except (ArgumentError, ValueError) as error:
        raise address_error(text, f"cannot be read ({first_line(error)})") from error
    if path is None or path.name.startswith("file:") or path.name == "":
        raise address_error(text, "names no file: write sqlite:///mlflow.db")
    return path


def address_error(text: str, problem: str) -> StoreError:
    """Return the error for an address that cannot be used."""
    return StoreError(f"{VARIABLE} is {hide_passwords(text)!r}, which {problem}; {ADVICE}")


def resolve_studies_url(studies: str | None, root: Path) -> str:
    """Return the URL of the studies: SQLite in the store's folder unless a PostgreSQL URL is given."""
    if studies is None:
        return sqlite_url(root / "optuna.db")
    if not studies.startswith(("postgresql://", "postgresql+psycopg://")):
        example = "postgresql://user:password@host:5432/name"
        raise ConfigError(f"--studies takes a URL such as {example}, not {hide_passwords(studies)!r}")
    try:
        import psycopg  # noqa: F401 the driver that SQLAlchemy asks for
    except ImportError as error:
        raise ConfigError("--studies needs the extra `postgres`: pip install 'linrnn[postgres]'") from error
    return studies


def require_server(address: str) -> None:
    """Raise ServerAwayError, within seconds, for a server or a database that does not answer."""
    scheme = urlsplit(address).scheme.partition("+")[0]
    if not can_resolve(address):
        raise outage_error(address, f"its host name is not resolved within {SECONDS} s")
    if scheme in ("http", "https"):
        ask_server(address)
    elif scheme in DATABASES:
        connect_database(address)


def require_studies(url: str) -> None:
    """Raise ServerAwayError, within seconds, for studies on a host whose name is not resolved."""
    if not (is_sqlite(url) or can_resolve(url)):
        raise outage_error(url, f"its host name is not resolved within {SECONDS} s", "--studies")


def can_resolve(address: str) -> bool:
    """Whether the host name of an address is resolved within seconds, or fails to be: the system tries for minutes."""
    host = urlsplit(address).hostname
    lookup = Thread(target=resolve_host, args=[host], daemon=True)
    lookup.start()
    lookup.join(SECONDS)
    return not lookup.is_alive()


def resolve_host(host: str | None) -> None:
    """Look up a host name; whoever connects to it says what is wrong with it."""
    with suppress(OSError, UnicodeError):
        socket.getaddrinfo(host, None)


def ask_server(address: str) -> None:
    """Raise ServerAwayError where no server answers a request, whatever the answer is."""
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import urlopen

    try:
        with urlopen(f"{strip_login(address).rstrip('/')}/health", timeout=SECONDS):
            pass
    except HTTPError:
        pass
    except (OSError, HTTPException, ValueError) as error:
        cause = error.reason if isinstance(error, URLError) else error
        if not isinstance(cause, ssl.SSLError):  # it answers; MLflow has settings of its own for certificates
            raise outage_error(address, str(cause)) from error


def connect_database(address: str) -> None:
    """Raise ServerAwayError where a database cannot be connected to; StoreError without its driver."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    limits = {} if address.startswith("mssql") else {"connect_timeout": SECONDS}
    try:
        with create_engine(address, poolclass=NullPool, connect_args=limits).connect():
            pass
    except ImportError as error:
        raise StoreError(f"{hide_passwords(address)} needs a driver that is not installed: {error}") from error
    except SQLAlchemyError as error:
        raise outage_error(address, first_line(getattr(error, "orig", None) or error)) from error


def outage_error(address: str, reason: str, name: str = VARIABLE) -> ServerAwayError:
    """Return the error for a server that does not answer, whose address has been given by that name."""
    return ServerAwayError(
        f"cannot use the store {hide_passwords(address)}: {hide_passwords(reason)}; start it or correct {name}"
    )


def strip_login(address: str) -> str:
    """Return an address without user and password."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
