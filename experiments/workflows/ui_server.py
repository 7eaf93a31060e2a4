"""The MLflow UI: one local server, reachable from this machine only."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from tempfile import TemporaryFile
from typing import IO

import click

from experiments.workflows.ui_application import START, STORE
from linrnn.errors import LinrnnError
from tracking.mlflow_ui.links import all_links, base_url
from tracking.schema import PROGRAM
from tracking.store.access import Store
from tracking.store.urls import file_url
from tracking.store_errors import StoreError

STARTING_SECONDS = 60
SERVER_ENVIRONMENT = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}  # 2 processes, not 15


class PortError(LinrnnError):
    """The port is in use by another program."""


def serve_ui(store: Store, port: int) -> None:
    """Run MLflow's server until it is interrupted; print the links once it answers."""
    base = base_url(store)
    if store.tracking_uri.startswith("http"):
        return print_links(store, base, f"MLflow UI at {base}.")
    base = f"http://127.0.0.1:{port}"
    if port_answers(port):
        raise PortError(f"port {port} is in use by another program; choose one with --port")
    with TemporaryFile() as messages:
        server = subprocess.Popen(
            server_command(store, port),
            env={**os.environ, **SERVER_ENVIRONMENT, STORE: str(store.folder)},
            stdout=messages,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for_server(port, server, messages)
            print_links(store, base, f"Start page at {base}{START}; Ctrl-C ends it.")
            server.wait()
        finally:
            server.terminate()
            server.wait()


def server_command(store: Store, port: int) -> list[str]:
    """Return the command of an MLflow server for the store, with one worker."""
    options = {
        "--backend-store-uri": store.tracking_uri,
        "--default-artifact-root": file_url(store.folder / "mlruns"),
        "--host": "127.0.0.1",
        "--port": str(port),
        "--workers": "1",
        "--app-name": PROGRAM,
    }
    return [sys.executable, "-m", "mlflow", "server", *(word for option in options.items() for word in option)]


def wait_for_server(port: int, server: subprocess.Popen[bytes], messages: IO[bytes]) -> None:
    """Wait until the server answers; raise StoreError with its last message if it ends first."""
    for _ in range(STARTING_SECONDS * 10):
        if server.poll() is not None:
            messages.seek(0)
            last = messages.read().decode(errors="replace").strip().rpartition("\n")[2]
            raise StoreError(f"MLflow's server ended during its start: {last}")
        if port_answers(port):
            return
        time.sleep(0.1)
    raise StoreError(f"MLflow's server did not answer within {STARTING_SECONDS} s")


def port_answers(port: int) -> bool:
    """Return whether a program listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def print_links(store: Store, base: str, title: str) -> None:
    """Print the links to the charts of each task and to the sweeps."""
    click.echo(title)
    for name, link in all_links(store, base).items():
        click.echo(f"  {name}: {link}")
    sys.stdout.flush()
