"""What a calibration prints and writes: `calibration.json`, `calibration.png`, and the rates."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from experiments.calibration.power_figure import power_picture
from experiments.calibration.rates import HEADER, power_table, rates_table
from experiments.calibration.runner import CalibrationConfig, total_seconds
from experiments.calibration.series_result import SeriesResult, result_json
from experiments.cli.terminal_table import print_table
from tracking.runs.environment import environment
from tracking.store.disk import write_file

TITLE = "Error rates of the verdict"
ENOUGH = 400  # series, for rates of a few percent at each length


def write_report(config: CalibrationConfig, results: Sequence[SeriesResult]) -> None:
    """Write `calibration.json` and `calibration.png`."""
    write_file(config.folder / "calibration.json", calibration_text(calibration_json(config, results)).encode())
    write_file(config.folder / "calibration.png", power_picture(power_table(results)).png())


def calibration_json(config: CalibrationConfig, results: Sequence[SeriesResult]) -> dict[str, Any]:
    """Return a calibration as an object that docs/results takes: a table, its origin, and the series."""
    machine = environment()
    cpu = f"{os.cpu_count()} virtual cores of {machine['cpu']}"
    budget = ", ".join(f"{name}={value}" for name, value in config.settings.items()) or "the default budget"
    minutes = total_seconds(results) / 60
    warning = "" if len(results) >= ENOUGH else f" Fewer than {ENOUGH} series: the intervals are wide."
    return {
        "commit": machine["commit"],
        "environment": {"cpu": cpu, "torch": machine["torch"].partition("+")[0]},
        "title": TITLE,
        "note": f"{len(results)} series, {budget}; {minutes:.0f} minutes of processor time.{warning}",
        "command": "python -m experiments.calibration",
        "columns": [{"name": name} for name in HEADER],
        "rows": rates_table(results).rows,
        "power": power_table(results)._asdict(),
        "settings": config.text,
        "machine": machine,
        "series": [result_json(result) for result in results],
    }


def calibration_text(content: dict[str, Any]) -> str:
    """Return JSON with one line for each series, row and field."""
    lines = []
    for name, value in content.items():
        text = json.dumps(value)
        if isinstance(value, list):
            text = "[\n" + ",\n".join(f"  {json.dumps(each)}" for each in value) + "\n ]"
        lines.append(f" {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def show_report(config: CalibrationConfig, results: Sequence[SeriesResult]) -> None:
    """Print the rates and the power curve."""
    print_table(f"{TITLE}: count, rate, 95 % interval", *rates_table(results))
    print()
    header, rows = power_table(results)
    print_table("Verdicts by true gain", header, [[f"{cell:g}" for cell in row] for row in rows if row[3]])
    print(f"\n{config.folder}: calibration.json, calibration.png")
