"""The application of `linrnn ui`: MLflow's, with a start page and the reports of sweeps in front of it.

MLflow's checks of Host and Origin hold for the pages here, too.
"""

from __future__ import annotations

import secrets
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.report.start_page import REPORTS, START, describe_sweep, render_start_page
from linrnn.errors import LinrnnError
from tracking.run_views import SweepRun, TrialRun
from tracking.runs.inspection import inspect_runs
from tracking.runs.query import confirmation_runs, find_sweeps, study_runs
from tracking.runs.reader import parse_artifact, read_sweep
from tracking.schema import Artifact, Tag
from tracking.store.access import Store, existing_store
from tracking.store.library_internals import mlflow_application

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import HTMLResponse

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def create_application(folder: Path) -> FastAPI:
    """Return MLflow's application with the pages of linrnn, for the store in a folder."""
    from starlette.routing import Route

    application = mlflow_application()
    application.state.folder = folder
    pages = [Route(START, show_start_page), Route(f"{REPORTS}/{{run_id}}", show_report)]
    application.router.routes[:0] = pages  # before those of MLflow, which match all
    return application


def show_start_page(request: Request) -> HTMLResponse:
    """Answer with the start page."""
    store, nonce = find_store(request), secrets.token_urlsafe()
    sweeps = sorted(find_sweeps(store), key=lambda run: run.start_time, reverse=True)
    cards = [describe_sweep(sweep, notable_trials(store, sweep)) for sweep in sweeps]
    return answer(render_start_page(cards, store.name, nonce), f"{POLICY}; script-src 'nonce-{nonce}'")


def show_report(request: Request) -> HTMLResponse:
    """Answer with the report of a sweep; 404 where there is none."""
    store = find_store(request)
    try:
        sweep = read_sweep(store, request.path_params["run_id"])
        return answer(parse_artifact(store, sweep, Artifact.REPORT, bytes.decode), POLICY)
    except LinrnnError as error:
        return answer(escape(str(error)), POLICY, 404)


def find_store(request: Request) -> Store:
    """Return the store that the server shows."""
    return existing_store(request.app.state.folder)


def notable_trials(store: Store, sweep: SweepRun) -> list[TrialRun]:
    """Return the confirmations of a sweep and the best trial of each of its studies."""
    best = [run for study in sweep.studies for run in study_runs(store, study) if run.find_tag(Tag.BEST)]
    trials = [*(run for run in confirmation_runs(store, sweep) if run.is_recorded), *best]
    return inspect_runs(store, trials).sound


def answer(content: str, policy: str, status: int = 200) -> HTMLResponse:
    """Return a page that may load nothing but what its policy permits."""
    from starlette.responses import HTMLResponse

    return HTMLResponse(content, status, {"Content-Security-Policy": policy, "Referrer-Policy": "same-origin"})
