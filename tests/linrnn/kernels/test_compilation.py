"""Compiled kernels are kept beside their sources, else in the user's cache folder, else nowhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from linrnn.kernels import compilation

pytestmark = pytest.mark.long
KERNEL = """
from compilation import compile_kernel

@compile_kernel(lambda real: (real, real))
def add(a, b):
    return a + b
"""
PROGRAM = """
import resource, sys
import numpy as np
if sys.argv[1:]:  # so many bytes fit into a file
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from kernel import add
assert add(np.float64(2), np.float64(3)) == 5
print(sum(add.stats.cache_hits.values()))
"""
POWERLESS = [
    "setpriv",
    "--inh-caps=-dac_override",
    "--bounding-set=-dac_override",
]  # root without its power


def call(sources: Path, home: Path, *arguments: str) -> int:
    """Use a kernel in a process of its own; the number of compiled forms that it found in a cache."""
    prefix = POWERLESS if os.geteuid() == 0 else []
    if prefix and not shutil.which(prefix[0]):
        pytest.skip("setpriv is not installed")
    variables = {name: text for name, text in os.environ.items() if not name.startswith("NUMBA_")}
    process = subprocess.run(
        [*prefix, sys.executable, "-c", PROGRAM, *arguments],
        env={**variables, "PYTHONPATH": str(sources), "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    return int(process.stdout)


def test_a_read_only_installation_is_compiled_into_the_users_cache(tmp_path: Path) -> None:
    sources, home, none = (tmp_path / name for name in ("sources", "home", "none"))
    for folder in (sources, home, none):
        folder.mkdir()
    shutil.copy(compilation.__file__, sources)
    (sources / "kernel.py").write_text(KERNEL)
    for folder in (sources, none):
        folder.chmod(0o555)
    before = sorted(sources.iterdir())
    assert [call(sources, home) for _ in range(2)] == [0, 2], "float32 and float64, by the second process"
    assert list(home.rglob("*.nbi"))
    assert [call(sources, none) for _ in range(2)] == [0, 0]
    assert (sorted(sources.iterdir()), list(none.iterdir())) == (before, [])


def test_a_full_disk_of_the_cache_is_no_error(tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    shutil.copy(compilation.__file__, sources)
    (sources / "kernel.py").write_text(KERNEL)
    assert call(sources, tmp_path, "100") == 0
