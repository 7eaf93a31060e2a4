"""`make faults N=200`: so many kills of whole sweeps at random moments, each sweep compared with one left alone.

Between two runs of a sweep, something in its store is damaged, half of the time.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.harness import Twin, kill_after, new_store
from tests.faults.store_faults import FAULTS, disturb
from tracking.store.access import open_store


def main(kills: int, seed: int) -> None:
    """Kill, run again, compare; says what was done."""
    chance, started = random.Random(seed), time.monotonic()
    with TemporaryDirectory(prefix="linrnn-faults-") as folder:
        root = Path(folder)
        open_store(root / "empty")
        Twin(root / "empty", root / "first")  # compiles the kernels, so that the next one takes as long as the others
        twin = Twin(root / "empty", root / "twin")
        print(f"a sweep left alone takes {twin.seconds:.1f} s", flush=True)
        longest = twin.seconds
        done = faults = sweeps = 0
        while done < kills:
            store = new_store(twin.template, root / f"store{sweeps}")
            damaged: set[str] = set()
            mine, began = 0, time.monotonic()
            while mine < 5 and done + mine < kills and kill_after(store, chance.uniform(0.2, 1.1) * longest):
                mine += 1
                if chance.random() < 0.5:
                    faults += disturb(store, chance, chance.choice([*FAULTS]), damaged)
            if not mine:  # it ended before: the one left alone was slow, and kills would come too late
                longest = min(longest, time.monotonic() - began)
            twin.same(store, damaged=damaged)
            done, sweeps = done + mine, sweeps + 1
            seconds = time.monotonic() - started
            print(f"{done} kills, {faults} faults, {sweeps} sweeps, all the same; {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
