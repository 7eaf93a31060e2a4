"""What a worker does: a trial config in, what was trained out. It writes to no store."""

from __future__ import annotations

import time
from dataclasses import replace

from experiments.console import NOBODY, Watch
from linrnn.config import TrialConfig
from tracking.provenance import environment
from tracking.trained import Trained


def run_trial(config: TrialConfig, test: bool = False, watch: Watch = NOBODY) -> Trained:
    """Train one trial to its end; reads the test split only where `test` says so."""
    from experiments.figures import learning_curves  # with torch, which only workers load
    from linrnn.digests import origin_digests
    from linrnn.training import losses_on_test, train

    started = time.time()
    splits = config.task.splits()
    for progress in train(config, splits):
        watch.done(config.model.name, progress.median_best_val_loss)
    trained = Trained(config, progress, started, time.time() - started, environment(), origin_digests(config, splits))
    if test:
        trained = replace(trained, test_loss=losses_on_test(config, progress, splits))

    return replace(trained, files={"curves.png": learning_curves(trained)})
