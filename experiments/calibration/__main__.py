"""`python -m experiments.calibration`: error rates of the verdict on series whose answer is known."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from experiments.cli.group import run
from experiments.cli.parameters import EPOCHS, REPLICAS, SETTINGS, TRIALS, WORKERS, settings_text

SERIES, QUICK_SERIES = 400, 24
QUICK_LENGTHS = (150, 300)
QUICK_SETTINGS = {"sweep.trials": "2", "training.epochs": "100", "training.replicas": "4"}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--out", default="calibration", type=click.Path(path_type=Path), help="Folder.  [default: calibration]")
@click.option("--series", type=click.IntRange(1), metavar="N", help=f"Number of series.  [default: {SERIES}]")
@click.option(
    "--rows",
    "lengths",
    multiple=True,
    type=click.IntRange(1),
    metavar="N",
    help="Length of the series, may be repeated.  [default: 150, 300, 1000 and 3000 in turn]",
)
@click.option("--quick", is_flag=True, help=f"{QUICK_SERIES} short series and a small budget, to see that all works.")
@click.option("--keep-stores", is_flag=True, help="Keep the store of each sweep, about 10 MB.")
@click.option("--new-verdicts", is_flag=True, help="Decide the verdicts of kept stores again, with the present code.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Seed of the series.  [default: 0]")
@TRIALS
@REPLICAS
@EPOCHS
@SETTINGS
@WORKERS
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def calibrate(
    out: Path,
    series: int | None,
    lengths: tuple[int, ...],
    quick: bool,
    keep_stores: bool,
    new_verdicts: bool,
    seed: int,
    trials: str | None,
    replicas: str | None,
    epochs: str | None,
    settings: tuple[str, ...],
    workers: int | None,
    quiet: bool,
) -> None:
    """Measure how often the verdict is right.

    Generated series whose best predictor is known are swept like files of a user, one by each process: linear ones,
    noise, and nonlinear ones from weak to strong. The rates of wrong and right verdicts are printed by length and by
    true gain, and written to calibration.json and calibration.png. The same command again continues.
    """
    from experiments.calibration.calibration_report import show_report, write_report
    from experiments.calibration.runner import LENGTHS, CalibrationConfig, run_calibration
    from experiments.cli.progress_bar import progress_reporter

    shorthands = {"sweep.trials": trials, "training.replicas": replicas, "training.epochs": epochs}
    text = {**(QUICK_SETTINGS if quick else {}), **settings_text(settings, shorthands)}
    lengths = lengths or (QUICK_LENGTHS if quick else LENGTHS)
    config = CalibrationConfig(
        out, series or (QUICK_SERIES if quick else SERIES), lengths, seed, text, keep_stores or new_verdicts
    )
    with progress_reporter(config.series, quiet, "series") as progress:
        results = run_calibration(config, workers or os.cpu_count() or 1, progress, new_verdicts)
    write_report(config, results)
    show_report(config, results)


if __name__ == "__main__":
    sys.exit(run(calibrate, program="python -m experiments.calibration"))
