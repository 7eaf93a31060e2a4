"""The MLflow UI: one local server, reachable from this machine only."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from typing import TYPE_CHECKING

import click

from experiments.report.start_page import START
from linrnn.errors import LinrnnError
from tracking.mlflow_ui.links import all_links, base_url
from tracking.store.access import Store
from tracking.store.library_internals import server_environment
from tracking.store.urls import file_url
from tracking.store_errors import StoreError

if TYPE_CHECKING:
    from uvicorn import Server

HOST = "127.0.0.1"


class PortError(LinrnnError):
    """The port is in use by another program."""


def serve_ui(store: Store, port: int) -> None:
    """Run MLflow's server in this process until it is interrupted; print the links once it answers."""
    base = base_url(store)
    if store.tracking_uri.startswith("http"):
        return print_links(store, base, f"MLflow UI at {base}.")
    base = f"http://{HOST}:{port}"
    if port_answers(port):
        raise PortError(f"port {port} is in use by another program; choose one with --port")
    click.echo(f"Starting the MLflow UI at {base} ...", err=True)
    asyncio.run(run_server(create_server(store, port), store, base))


def create_server(store: Store, port: int) -> Server:
    """Return the server of a store, with its application loaded."""
    for name in [name for name in os.environ if name.startswith("MLFLOW_SERVER_")]:
        del os.environ[name]  # such as the one that disables the checks of Host and Origin
    os.environ |= server_environment(store.tracking_uri, file_url(store.folder / "mlruns"))

    from uvicorn import Config, Server  # with MLflow, which takes seconds to load

    from experiments.workflows.ui_application import create_application

    return Server(
        Config(create_application(store.folder), host=HOST, port=port, log_level="critical", access_log=False)
    )


async def run_server(server: Server, store: Store, base: str) -> None:
    """Serve until a signal ends it; print the links when the server answers."""
    serving = asyncio.create_task(server.serve())
    while not (server.started or serving.done()):
        await asyncio.sleep(0.05)
    if server.started:
        print_links(store, base, f"Start page at {base}{START}; Ctrl-C ends it.")
    try:
        await serving
    except SystemExit as error:
        if server.started:
            raise
        raise StoreError(f"MLflow's server did not start at {base}: choose another port with --port") from error


def port_answers(port: int) -> bool:
    """Return whether a program listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def print_links(store: Store, base: str, title: str) -> None:
    """Print the links to the charts of each task and to the sweeps."""
    click.echo(title)
    for name, link in all_links(store, base).items():
        click.echo(f"  {name if name.isprintable() else ascii(name)}: {link}")
    sys.stdout.flush()
