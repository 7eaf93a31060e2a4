"""Where and with what a trial was computed: the items that can change its bits or explain a difference."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

VARIABLES = (
    "ATEN_CPU_CAPABILITY",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "MKL_NUM_THREADS",
    "NUMBA_CPU_FEATURES",
    "NUMBA_CPU_NAME",
    "OMP_NUM_THREADS",
    "OPENBLAS_CORETYPE",
)
LIBRARIES = ("linrnn", "torch", "numpy", "numba", "scipy", "mlflow", "optuna", "safetensors")


@cache
def environment() -> dict[str, str]:
    """Name -> text of this process's environment; asked once, as no item changes while it runs."""
    import torch

    commit, dirty = source_version()
    return {
        "commit": commit,
        "uncommitted_changes": dirty,
        "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
        "platform": platform.platform(),
        "cpu": cpu_model(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cpu_count": str(os.cpu_count()),
        "threads": "1",  # what linrnn.evaluation.one_thread sets
        **{name: os.environ[name] for name in VARIABLES if name in os.environ},
    }


def source_version() -> tuple[str, str]:
    """Commit of the code that runs and whether files differ from it (`yes`, `no`); `unknown` outside git."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return "unknown", "unknown"
    commit = git(root, "rev-parse", "HEAD")
    changes = git(root, "status", "--porcelain", "--", "linrnn", "tracking", "experiments")
    return commit or "unknown", "unknown" if changes is None else "yes" if changes else "no"


def git(root: Path, *arguments: str) -> str | None:
    """What git prints; None where it fails or is not installed."""
    try:
        done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def cpu_model() -> str:
    """The processor's name."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
