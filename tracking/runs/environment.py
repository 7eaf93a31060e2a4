"""The environment of a trial: hardware, libraries, variables and source code that can change its result."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from linrnn.training.trial_config import TrialConfig
from tracking.runs.source_code import source_digest, source_version

VARIABLES = (
    "ATEN_CPU_CAPABILITY",
    "CUBLAS_WORKSPACE_CONFIG",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "MKL_NUM_THREADS",
    "NUMBA_CPU_FEATURES",
    "NUMBA_CPU_NAME",
    "NUMBA_DISABLE_JIT",
    "NUMBA_OPT",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_NUM_THREADS",
)
LIBRARIES = ("linrnn", "torch", "numpy", "numba", "llvmlite", "scipy", "mlflow", "optuna", "safetensors")
CODE = ("source", "commit", "uncommitted_changes", "uncommitted_diff", "linrnn")
COMPILER = ("numba", "llvmlite", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "NUMBA_OPT", "NUMBA_DISABLE_JIT", "cpu")
TORCH = ("device", "torch", "ATEN_CPU_CAPABILITY", "cpu_capability", "threads", "blas")
CAUSES = {  # items that can change the bits of a quantity, the likeliest first
    "data": ("data_file", "test_data_file", *CODE, "numpy", "blas"),
    "initial_weights": (*CODE, "numpy"),
    "kernels": (*CODE, *COMPILER),
    "torch": (*TORCH, *VARIABLES, "cpu", *CODE),
    "truncation": (*CODE, "numpy", "blas", "cpu", *VARIABLES),  # of reductions
}


class Change(NamedTuple):
    """An item whose values in two environments differ; None where an environment lacks it."""

    item: str
    one: str | None
    other: str | None


@cache
def environment(device: str = "cpu") -> dict[str, str]:
    """Return the environment of this process, name -> text; cached, as no item changes while it runs."""
    import torch

    from linrnn.training.evaluation import THREADS

    commit, diff = source_version()
    return {
        "commit": commit,
        "uncommitted_changes": "unknown" if diff is None else "yes" if diff else "no",
        **({"uncommitted_diff": sha256(diff).hexdigest()} if diff else {}),
        "source": source_digest(),
        "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
        "blas": blas(),
        "platform": platform.platform(),
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "cpu": cpu_model(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cpu_count": str(os.cpu_count()),
        "threads": str(THREADS),
        **{name: os.environ[name] for name in VARIABLES if name in os.environ},
    }


def trial_environment(config: TrialConfig) -> dict[str, str]:
    """Return the environment of a trial, with the SHA-256 of its data files if it has any."""
    files = {"data_file": config.task.file_digest, "test_data_file": config.task.test_digest}
    return {**environment(config.training.device), **{item: digest for item, digest in files.items() if digest}}


def compare_items(one: Mapping[str, str], other: Mapping[str, str]) -> list[Change]:
    """Return the items that differ, in their order."""
    return [
        Change(item, one.get(item), other.get(item)) for item in {**one, **other} if one.get(item) != other.get(item)
    ]


def sort_by_likelihood(changes: Iterable[Change], quantity: str, form: str) -> list[Change]:
    """Sort changes by how likely each explains a difference in a quantity, for a form of training."""
    causes = CAUSES.get(quantity.partition(".")[0], CAUSES[form])
    return sorted(changes, key=lambda change: causes.index(change.item) if change.item in causes else len(causes))


def blas() -> str:
    """Return the BLAS libraries of numpy and torch, with their versions and processor architectures."""
    import numpy
    import torch
    from threadpoolctl import threadpool_info

    torch_blas = next((line for line in torch.__config__.show().splitlines() if "Math Kernel Library" in line), "")
    numpy_blas = [
        f"{each['internal_api']} {each['version']} {each.get('architecture', '')}".strip()
        for each in threadpool_info()
        if each["user_api"] == "blas" and Path(numpy.__file__).parent.name in each["filepath"]
    ]
    return "; ".join(filter(None, [*numpy_blas, torch_blas.strip(" -").partition(" for ")[0]])) or "unknown"


def cpu_model() -> str:
    """Return the name of the processor."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
