"""A trial of a sweep on its way through the workers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import CancelledError, Executor, Future
from typing import NamedTuple

from experiments.report.trial_artifacts import trial_artifacts, trial_numbers
from experiments.search.executors import ClusterError, WorkerDiedError
from experiments.search.search_space import describe_values
from experiments.search.study_state import StudyState
from experiments.workflows.trial import run_trial
from linrnn.baseline.baselines import Baselines
from linrnn.errors import LinrnnError
from linrnn.training.result import FailedTrial, TrialResult
from linrnn.training.trial_config import TrialConfig
from tracking.schema import Phase, Tag


class TrialJob(NamedTuple):
    """A trial to train.

    Parameters
    ----------
    state : StudyState
        Its study.
    config : TrialConfig
    baselines : Baselines
        Of its task, for its figure.
    figures : bool
        Whether to draw figures of it.
    number : int, optional
        Its number in the study; None for the confirmation.
    limits : mapping of int to float
        Its pruning limits.
    contents : tuple of bytes, optional
        Content of the task's files, attached only for a worker that lacks it.
    deaths : int
        Number of workers that died while they trained it.
    """

    state: StudyState
    config: TrialConfig
    baselines: Baselines
    figures: bool
    number: int | None = None
    limits: Mapping[int, float] = {}
    contents: tuple[bytes, ...] | None = None
    deaths: int = 0

    @property
    def study(self) -> str:
        """Name of its study."""
        return self.state.study.study_name

    @property
    def name(self) -> str:
        """Name of its run."""
        phase = "confirmation" if self.number is None else f"{self.number:02d}"
        return f"{self.config.model.name} {phase} {describe_values(self.config, self.state.config.searches)}"

    @property
    def tags(self) -> dict[str, str]:
        """Tags of its run that name its place in the sweep."""
        if self.number is None:
            return {Tag.PHASE: Phase.CONFIRMATION}
        return {Tag.PHASE: Phase.SEARCH, Tag.STUDY: self.study, Tag.TRIAL: str(self.number)}

    def submit(self, executor: Executor) -> Future[TrialResult]:
        """Start it on a worker."""
        return executor.submit(
            run_trial,
            self.config,
            self.contents,
            artifacts=trial_artifacts if self.figures else trial_numbers,
            baselines=self.baselines,
            limits=self.limits,
            test=self.number is None,
        )

    def result(self, future: Future[TrialResult]) -> TrialResult | FailedTrial:
        """Return what a finished future of it holds; raise LinrnnError if the sweep cannot continue."""
        try:
            return future.result()
        except LinrnnError:
            raise
        except CancelledError as error:
            raise ClusterError("the cluster dropped a trial: its scheduler has gone") from error
        except WorkerDiedError as error:
            return FailedTrial(self.config, f"{error}, {self.deaths + 1} times", time.time(), 0.0)
        except Exception as error:
            return FailedTrial(self.config, f"{type(error).__name__}: {error}", time.time(), 0.0)
