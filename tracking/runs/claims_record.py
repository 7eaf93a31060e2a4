"""The run of `linrnn claims`: one in each store, the parent of the trials that are evidence."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from tracking.run_views import LinrnnRun
from tracking.runs.artifacts import json_file
from tracking.runs.query import find_runs
from tracking.runs.reader import read_own_file
from tracking.runs.writer import begin_run, run_status, set_description, set_tags, write_files
from tracking.schema import CLAIMS, FIGURES, VERSION, Artifact, Tag
from tracking.store.access import Store
from tracking.store.error_translation import failures

Results = Mapping[str, Mapping[str, Any]]  # by the id of the claim


@contextmanager
def claims_run(store: Store) -> Iterator[LinrnnRun]:
    """Hold the lock of the claims and their run, RUNNING; the run is closed however the body ends."""
    with store.lock([CLAIMS]), store.write_errors():
        earlier = find_runs(store, CLAIMS)
        if earlier:
            run = LinrnnRun(earlier[0])
            store.client.update_run(run.run_id, status="RUNNING")
            set_tags(store, run.run_id, {Tag.SCHEMA: str(VERSION)})
        else:
            info = begin_run(store, CLAIMS, CLAIMS, {Tag.CLAIMS: ""}, time.time())
            run = LinrnnRun(store.client.get_run(info.run_id))
        with run_status(store, run.run_id):
            yield run


def read_claims(store: Store, run: LinrnnRun) -> dict[str, Any]:
    """Return the results that the run of the claims holds, by the id of the claim; none where they cannot be read."""
    with suppress(ValueError, KeyError, TypeError, *failures()):
        return {each["id"]: each for each in json.loads(read_own_file(store, run, Artifact.CLAIMS))[CLAIMS]}
    return {}


def write_claims(store: Store, run: LinrnnRun, results: Results, figures: Mapping[str, bytes], note: str) -> None:
    """Write results and figures into the run of the claims, with its description in Markdown."""
    files: dict[str, bytes] = {Artifact.CLAIMS: json_file({CLAIMS: list(results.values())})}
    write_files(store, run.info, files | {f"{FIGURES}/{name}": content for name, content in figures.items()})
    set_tags(store, run.run_id, {Tag.CLAIMS: ", ".join(results)})
    set_description(store, run.run_id, note)
