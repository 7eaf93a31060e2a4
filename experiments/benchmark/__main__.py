"""`python -m experiments.benchmark`: every library uses one thread, which is set before the first import."""

from __future__ import annotations

import os
from pathlib import Path

import click

ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"),
    "NPROC": "1",  # threads of XLA
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
}


@click.command()
@click.option("--out", default="bench", type=click.Path(path_type=Path), help="Folder to write to.  [default: bench]")
@click.option("--quick", is_flag=True, help="A tiny grid, to see that everything works.")
def main(out: Path, quick: bool) -> None:
    """Measure linrnn, the loop over time, torch.nn.RNN and JAX, and whole sweeps; about seven minutes."""
    os.environ.update(ONE_THREAD)
    from experiments.benchmark.measurement import benchmark

    benchmark(out, quick)


if __name__ == "__main__":
    main()
