"""Compilation of the kernels at import, for float32 and float64, with a cache on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from numba import config, types
from numba import njit as typed_njit

from linrnn.errors import ConfigError

Array = npt.NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])

njit: Any = typed_njit  # whose types leave out some options

if config.DISABLE_JIT:  # type: ignore[attr-defined]
    raise ConfigError("NUMBA_DISABLE_JIT is set, and linrnn computes with compiled functions: unset it")

INDEX: Any = types.int64
REALS = types.float32, types.float64
OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}  # nothing is allocated


def _digest() -> str:
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


DIGEST = _digest()


def inline(function: F) -> F:
    """Compile a function as a part of its callers only."""
    dispatcher: F = njit(**OPTIONS, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return dispatcher


def expand(function: F) -> F:
    """Copy the body of a function into its callers: for those that only call others, which then compile less often."""
    dispatcher: F = njit(**OPTIONS, no_cpython_wrapper=True, no_cfunc_wrapper=True, inline="always")(function)
    return dispatcher


def compile_kernel(arguments: Callable[[Any], tuple[Any, ...]]) -> Callable[[F], F]:
    """Compile a function for the argument types that `arguments` returns for a real type, or load it from the cache.

    A call with other types is a TypeError. The cache is beside the sources, or in the user's cache folder where that is
    read-only; where neither can be written, each process compiles for itself. The name of the cache file contains the
    digest of all sources of the kernels, because numba notices a change only in the file of the function itself.
    """

    def compile_all(function: F) -> F:
        function.__qualname__ += f"_{DIGEST[:16]}"
        signatures = [arguments(real) for real in REALS]
        try:
            dispatcher: F = njit(signatures, **OPTIONS, cache=True)(function)
        except (RuntimeError, OSError):  # no folder or no disk for a cache; another cause comes again
            dispatcher = njit(signatures, **OPTIONS)(function)
        return dispatcher

    return compile_all


def find_addresses_once(dispatcher: Any) -> None:
    """Let a function that is an argument of another one find its compiled form once, not at each call.

    numba asks for the form of the argument's types and the linker for its addresses, which takes as long as some epochs
    of a small network.
    """
    results = {arguments[0].dtype: result for arguments, result in dispatcher.overloads.items()}
    for result in results.values():
        result.library.get_pointer_to_function = cache(result.library.get_pointer_to_function)
    dispatcher.get_compile_result = lambda signature: results[signature.args[0].dtype]


def zeros(size: int, dtype: Any) -> Array:
    """`size` zeros, aligned to a cache line."""
    spare = np.zeros(size + 64, dtype)
    start = -spare.ctypes.data % 64 // spare.itemsize
    return spare[start : start + size]
