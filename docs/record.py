"""`python -m docs.record FOLDER [NAME...]` measures results in docs/results again: without names, all transcripts.

Output, commit and environment are written into their files. FOLDER holds the store, and each file that a command reads.
A transcript's `prepare` is a command with `--json` that trains a run first. Of a step, `run` is the command to run
instead of the one that is shown, `template` the one to show, with the beginning of that run's id in place of `{run}`,
and `limit` the number of lines of output to keep.

The tables `suite` and `speed` are measured by `linrnn suite` and by the benchmark, and take 30 and 10 minutes;
`throughput`, by the benchmark too, half a minute; `demand` ten minutes.
`divergence` trains many replicas of the suite's best linear networks, with the suite's store as FOLDER, in 3 minutes.
`model-types` is what `linrnn suite --models all --trials 5 --replicas 5` has recorded in FOLDER within an hour.
`published` is what `make published` has written into FOLDER; `claims` is what `linrnn claims` measures in 5 minutes.
"""

from __future__ import annotations

import csv
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from docs.tables import DOCS, RESULTS, read_result
from experiments.benchmark.grid import JAX, LINRNN, LOOP, TORCH_RNN, Cell
from experiments.benchmark.shapes import Shape
from experiments.benchmark.targets import Grid
from experiments.benchmark.timer import Spread
from experiments.claims.claims_page import COLUMNS, claims_rows
from linrnn.models import MODELS

LINE = 118  # characters, up to which a list or an object stays in one line
DATA = DOCS / "data"  # files that commands read
ROUNDING = 1e-12  # smaller losses are rounding errors
SHORT = 4  # characters of a run's id
DIVERGENT = ("arma", "oscillator", "delay", "xor", "logistic", "co2")  # tasks of which a network diverged
REPLICAS, SEED = 200, 1000  # of the networks that show how many diverge
SYSTEMS = ("oscillator-system", "stack-system", "xor-linear-system", "xor-tanh-system")  # trained networks
LOSSES = ("naive baseline", "linear baseline", "nonlinear baseline", "`linear` network", "`tanh` network")
SUITE_COLUMNS = [
    {"name": "task", "format": "`{}`"},
    *({"name": name} for name in LOSSES),
    {"name": "order", "format": "{}"},
    {"name": "verdict", "format": "{}"},
]
MODEL_TYPES = "linrnn suite --models all --trials 5 --replicas 5"
MODEL_TYPE_COLUMNS = [
    {"name": "task", "format": "`{}`"},
    {"name": "linear baseline"},
    *({"name": f"`{model}`"} for model in MODELS),
    {"name": "verdict", "format": "{}"},
    {"name": "where is enough", "format": "{}"},
]
DEMAND = "python -m experiments.benchmark.resource_demand"
DEMAND_COLUMNS = [
    {"name": "command"},
    {"name": "processor time, s", "format": "{:.0f}"},
    *({"name": f"GB, {name}", "format": "{:.2f}"} for name in ("largest process", "all processes")),
]
TRANSCRIPTS = (  # in this order
    *("sweep", "reproduce", "compare", "baselines", "sales", "forecast", "backtest", "list", "bad-file"),
    *("reproduce-other", *SYSTEMS),
)


def record_result(name: str, folder: Path) -> dict[str, Any]:
    """Measure a result and return its file's new content."""
    recorded = read_result(name) if (RESULTS / f"{name}.json").exists() else {}
    result = {key: value for key, value in recorded.items() if key != "note"}
    origin: dict[str, Any] = {"commit": read_commit(), "environment": describe_environment()}
    if name == "suite":
        sweeps = json.loads("\n".join(run_command("linrnn suite --json", folder)))
        return {**result, **origin, "columns": SUITE_COLUMNS, "rows": suite_rows(sweeps)}
    if name == "model-types":
        sweeps = json.loads("\n".join(run_command(f"{MODEL_TYPES} --json", folder)))
        head = {"title": "Test losses of all model types on all built-in tasks", "command": MODEL_TYPES}
        return {**result, **origin, **head, "columns": MODEL_TYPE_COLUMNS, "rows": model_type_rows(sweeps)}
    if name == "divergence":
        sweeps = json.loads("\n".join(run_command(f"linrnn compare {' '.join(DIVERGENT)} --json", folder)))["sweeps"]
        return {**result, **origin, "rows": [divergence_row(sweep, folder) for sweep in sweeps]}
    if name == "speed":
        run_command("python -m experiments.benchmark --out benchmark", DOCS.parent)
        benchmark = json.loads((DOCS.parent / "benchmark" / "bench.json").read_text())
        origin["environment"] |= {"jax": benchmark["machine"].get("jax", "not installed")}
        return {**result, **origin, "rows": speed_rows(benchmark, [row[:5] for row in result["rows"]])}
    if name == "throughput":
        rows = json.loads(run_command(result["command"], DOCS.parent)[-1])
        return {**result, **origin, "rows": throughput_rows(rows)}
    if name == "demand":
        rows = json.loads(run_command(DEMAND, DOCS.parent)[-1])
        head = {"title": "Memory and time of large series and stores", "command": DEMAND}
        rows = [[f"`{command}`", *map(round_digits, each)] for command, *each in rows]
        return {**result, **origin, **head, "columns": DEMAND_COLUMNS, "rows": rows}
    if name == "claims":
        started = time.time()
        claims = json.loads(run_command(f"{result['command']} --json", folder)[-1])["claims"]
        note = f"30 seeds a trial, in {time.time() - started:.0f} s."
        return {**result, **origin, "note": note, **claims_content(claims)}
    if name == "published":
        table = json.loads((folder / "published.json").read_text())
        return {**result, **origin, "columns": table["columns"], "rows": table["rows"]}
    session = record_session(result, folder)
    figures = {"figures": read_figures(folder / name, result["figures"])} if "figures" in result else {}
    return {**result, **origin, "session": session, **figures}


def read_figures(folder: Path, names: Iterable[str]) -> dict[str, Any]:
    """Return the numbers of figures that a command has written into a folder, as tables by name."""
    tables = {}
    for name in names:
        header, *rows = csv.reader((folder / f"{name}.csv").read_text().splitlines())
        tables[name] = {"header": header, "rows": [[parse_cell(cell) for cell in row] for row in rows]}
    return tables


def parse_cell(cell: str) -> str | float | None:
    """Return a cell of a CSV file: a number with six digits, a text, or None where it is empty."""
    try:
        return round_digits(float(cell))
    except ValueError:
        return cell or None


def round_digits(value: float | None) -> float | None:
    """Return a number with six digits, or None where there is none."""
    return value if value is None else float(f"{value:.6g}")


def claims_content(claims: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what claims.json has of claims as `--json` prints them: a table, and each claim without its runs."""
    details = [{key: value for key, value in claim.items() if key != "runs"} for claim in claims]
    columns = [{"name": name} for name in COLUMNS]
    return {"columns": columns, "rows": [list(row) for row in claims_rows(claims)], "claims": details}


def suite_rows(content: Mapping[str, Any]) -> list[list[Any]]:
    """Return the rows of suite.json from what `linrnn suite --json` prints."""
    rows = []
    for sweep in content["sweeps"]:
        medians = {each["model"]: each["median_test_loss"] for each in sweep["confirmation"]}
        losses = [sweep["baselines"][name] for name in ("naive", "linear", "nonlinear")]
        losses = [0 if loss < ROUNDING else loss for loss in losses]
        losses = [round_digits(loss) for loss in (*losses, medians["linear"], medians["tanh"])]
        rows.append([sweep["task"], *losses, sweep["order"], sweep["verdict"]])
    return rows


def model_type_rows(content: Mapping[str, Any]) -> list[list[Any]]:
    """Return the rows of model-types.json: medians of all model types, and the verdict with its place."""
    rows = []
    for sweep in content["sweeps"]:
        medians = {each["model"]: each["median_test_loss"] for each in sweep["confirmation"]}
        linear = sweep["baselines"]["linear"]
        losses = [0 if linear < ROUNDING else linear, *(medians[model] for model in MODELS)]
        part = next((each["part"] for each in sweep["places"] if each["place"] == sweep["place"]), None)
        rows.append([sweep["task"], *map(round_digits, losses), sweep["verdict"], part])
    return rows


def divergence_row(sweep: Mapping[str, Any], folder: Path) -> list[Any]:
    """Train many replicas of a sweep's best linear network; return their sizes and how many diverged."""
    best = next(study for study in sweep["studies"] if study["model"] == "linear")
    hidden_size, rate = best["hidden_size"], best["learning_rate"]
    settings = f"--set model.hidden_size={hidden_size} --set training.learning_rate={rate}"
    command = f"linrnn train {sweep['task']} --model linear {settings} --replicas {REPLICAS} --seed {SEED} --json"
    trial = json.loads(run_command(command, folder)[-1])
    return [sweep["task"], hidden_size, round_digits(rate), trial["replicas"], trial["diverged"]]


def speed_rows(content: Mapping[str, Any], shapes: list[list[Any]]) -> list[list[Any]]:
    """Return the rows of speed.json, of some shapes (model, T, B, H, S), from the benchmark's file."""
    cells = [
        Cell(
            each["side"],
            Shape(*(each[field] for field in Shape._fields)),
            Spread(*(each[field if field == "samples" else f"{field}_ms"] for field in Spread._fields)),
            each["compilation_s"],
        )
        for each in content["grid"]
    ]
    grid, rows = Grid(cells), []
    for shape in (Shape(*sizes) for sizes in shapes):
        sides = [grid.get(side, shape) for side in (LOOP, TORCH_RNN, JAX, LINRNN)]
        times = [cell.share.median if cell else None for cell in sides]
        ratios = grid.speed_up(LINRNN, shape), grid.trial_speed_up(shape)
        rows.append([*shape, *map(round_digits, [*times, *ratios])])
    return rows


def throughput_rows(rows: Iterable[list[float]]) -> list[list[float]]:
    """Return the rows of throughput.json, with the parts of the last number in percent behind those between."""
    return [
        [hidden, *map(round_digits, [*(part for each in reached for part in (each, 100 * each / core)), core])]
        for hidden, *reached, core in rows
    ]


def record_session(result: Mapping[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Run the commands of a transcript and return its new session."""
    run_id = json.loads(run_command(result["prepare"], folder)[-1])["run_id"] if "prepare" in result else ""
    session = []
    for step in result["session"]:
        if "template" in step:
            step["command"] = step["template"].format(run=run_id[:SHORT])
        output = run_command(step.get("run", step["command"]), folder)
        limit = step.get("limit", len(output))
        session.append({**step, "output": output[:limit] + ["..."] * (limit < len(output))})
    return session


def run_command(command: str, folder: Path) -> list[str]:
    """Return the lines that a command prints on stdout or, where there are none, on stderr."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True)
    return (done.stdout or done.stderr).rstrip("\n").split("\n")


def read_commit() -> str:
    """Return the commit of the code."""
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=DOCS, check=True, capture_output=True, text=True
    ).stdout.strip()


def describe_environment() -> dict[str, str]:
    """Return processor and versions."""
    return {"cpu": f"{os.cpu_count()} virtual cores of {processor_name()}", "torch": version("torch").partition("+")[0]}


def processor_name() -> str:
    """Return the processor's name, without its model number where the system hides it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def format_json(value: Any, depth: int = 0) -> str:
    """Return JSON in which a row of a table is a line."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (list, Mapping)) or not value or (depth and len(flat) + depth < LINE):
        return flat
    if isinstance(value, Mapping):
        parts = [f"{json.dumps(key)}: {format_json(each, depth + 1)}" for key, each in value.items()]
    else:
        parts = [format_json(each, depth + 1) for each in value]
    inner = ",\n".join(" " * (depth + 1) + part for part in parts)
    first, last = "{}" if isinstance(value, Mapping) else "[]"
    return f"{first}\n{inner}\n{' ' * depth}{last}"


def main() -> None:
    """Measure the results that the command line names."""
    folder, *names = sys.argv[1:]
    Path(folder).mkdir(parents=True, exist_ok=True)
    for path in DATA.iterdir():
        shutil.copy(path, folder)
    for name in names or TRANSCRIPTS:
        content = record_result(name, Path(folder))
        (RESULTS / f"{name}.json").write_text(format_json(content) + "\n")


if __name__ == "__main__":
    main()
