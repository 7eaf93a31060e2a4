"""The schema of a run: name and meaning of every tag, param, metric and artifact.

All other modules take the names from here. Version 1 is that of linrnn 0.1.0, which wrote no version; names that it
wrote differently are also read under its name. Up to version 2 a study minimized the median over replicas, which is
`best_val_loss`, and there was no `objective`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from tracking.store_errors import StoreError

VERSION = 3  # of this schema, written with each run
OBJECTIVE_VERSION = 3  # the first whose studies minimize the metric `objective`
PROGRAM = "linrnn"  # the tag mlflow.source.name of each run
MODEL = "model"  # param of a trial: its model type
SWEEPS = "sweeps"  # the MLflow experiment that holds one run per sweep
CLAIMS = "claims"  # the MLflow experiment that holds the run of `linrnn claims`; also the name of its lock
DATA = "data"  # folder of the user's files among the artifacts
WEIGHTS = "weights"  # folder of a trial's weights, which holds safetensors only
FIGURES = "figures"  # folder of a sweep's figures among its artifacts
SYSTEMS = "systems"  # folder of what `linrnn characterise` writes, among the artifacts of a trial
PROVENANCE = ("commit", "uncommitted_changes", "python", "torch", "cpu")  # items of environment.json, also tags
OUTCOMES = ("complete", "pruned", "diverged", "failed")
FAILED = OUTCOMES[-1]
FORMS = ("kernels", "torch", "truncation")  # values of the tag `form`
VERDICTS = ("linear suffices", "nonlinearity needed", "not predictable", "undecided")


class SchemaName(StrEnum):
    """A name in MLflow, what it means, and the name that version 1 had for it where that was another."""

    meaning: str
    old_name: str | None

    def __new__(cls, value: str, meaning: str = "", old_name: str | None = None) -> Self:
        member = str.__new__(cls, value)
        member._value_, member.meaning, member.old_name = value, meaning, old_name
        return member

    @property
    def names(self) -> tuple[str, ...]:
        """All names that it is read under, the present one first."""
        return (self.value, self.old_name) if self.old_name else (self.value,)


class Phase(StrEnum):
    """Why a trial was trained; a reduction was computed from another trial."""

    SEARCH = "search"
    CONFIRMATION = "confirmation"
    EVIDENCE = "evidence"
    REPRODUCTION = "reproduction"
    SINGLE = "single"
    REDUCTION = "reduction"


class Tag(SchemaName):
    """Tags of runs."""

    SCHEMA = "schema", "version of this schema"
    PHASE = (
        "phase",
        "why a trial was trained: search, confirmation, evidence, reproduction or single; or reduction, if it was not",
    )
    OUTCOME = "outcome", "how a trial ended: complete, pruned, diverged or failed"
    REASON = "reason", "why a trial failed"
    STUDY = "study", "name of the Optuna study that a trial belongs to"
    TRIAL = "trial", "number of a trial in its study, from 0"
    FORM = (
        "form",
        "the code that trained it: kernels (the same bits on every processor) or torch; truncation of a reduction",
    )
    DIGESTS = "digests", "SHA-256 of digests.json, which holds those of all other files"
    BEST = "best", "yes on the best trial of a study"
    DELETIONS = (
        "deletions",
        "files of a trial that linrnn gc has deleted: weights and learning curves of other than the best",
    )
    LAST_REPRODUCTION = "reproduced", "result and time of the last reproduction of this trial"
    ORIGINAL = "reproduction_of", "id of the run that this run trained again"
    REPRODUCTION_RESULT = "reproduction_result", "IDENTICAL, EQUIVALENT or DIFFERENT", "verdict"
    REDUCTION_SOURCE = "reduction_of", "id of the run whose network this run reduces"
    TASK = "task", "task of a sweep"
    STUDIES = "studies", "names of a sweep's studies, in the order of its model types"
    IDENTITY = "identity", "equal for two sweeps if and only if the same computation is asked for"
    BASELINES = "baselines", "SHA-256 of baselines.json of a sweep", "floors"
    VERDICT = "verdict", "verdict of a finished sweep"
    PLACE = (
        "place",
        "where the nonlinearity is needed, if a sweep's model types tell: readout, some units, recurrence or gates",
    )
    CONCLUSION = "conclusion", "what a finished sweep found, in one sentence"
    QUESTION = "question", "what is predicted, from what, and the rows of each split"
    SEARCH_SPACE = "search_space", "settings that the studies of a sweep vary, and their ranges"
    CLAIMS = "claims", "ids of the claims that a trial is evidence for, or that the run of linrnn claims has measured"
    DATA_NOTES = "data_notes", "how the user's file was read, and why its nonlinearity is not tested, one note per line"
    PARENT = "mlflow.parentRunId", "the sweep or claims of a trial, or the original of a reproduction or reduction"
    RUN_NAME = "mlflow.runName", "name of the run"
    NOTE = "mlflow.note.content", "description, in Markdown"
    RUN_COLOR = "mlflow.runColor", "color of the run in the charts: that of its model type"
    COMMIT = "mlflow.source.git.commit", "commit of the code that ran"
    USER = "mlflow.user", "login name of the user who ran it"
    SOURCE_TYPE = "mlflow.source.type", "always LOCAL"
    SOURCE_NAME = "mlflow.source.name", "always linrnn"


class Metric(SchemaName):
    """Metrics of runs, besides the searchable settings. Losses are normalized: 1 is the best constant predictor's."""

    TRAIN_LOSS = "train_loss", "median training loss over replicas, by epoch"
    VAL_LOSS = "val_loss", "median validation loss over replicas, by epoch"
    OBJECTIVE = "objective", "what a study minimizes: upper quartile over replicas of each one's lowest validation loss"
    LOG_OBJECTIVE = "log10_objective", "its decimal logarithm, as charts of two metrics have linear axes alone"
    BEST_VAL_LOSS = "best_val_loss", "median over replicas of each one's lowest validation loss"
    FINAL_VAL_LOSS = "final_val_loss", "median validation loss over replicas after the last epoch"
    TEST_LOSS = "test_loss", "median test loss over replicas; not of the trials of a search"
    DIVERGED_REPLICAS = "diverged_replicas", "number of replicas whose loss is no longer finite"
    SECONDS = "seconds", "training time; of a sweep, of all its trials"
    BASELINE_NAIVE = "baseline_naive", "test loss of the naive baseline", "floor_trivial"
    BASELINE_LINEAR = "baseline_linear", "test loss of the linear baseline", "floor_linear"
    BASELINE_NONLINEAR = "baseline_nonlinear", "test loss of the nonlinear baseline", "floor_nonlinear"
    BOUND_ANALYTIC = "bound_analytic", "loss of the best linear predictor, in closed form", "floor_analytic"
    BOUND_NOISE = "bound_noise", "loss that no predictor can beat", "floor_noise"


class Param(SchemaName):
    """Params of a sweep's run in addition to its settings; those of a trial's run are its whole config as flat text."""

    MODELS = "models", "model types of a sweep"
    PRESETS = "fixed", "settings that the user set and that are therefore not searched"
    SEARCHES = "searched", "settings that the user added to those that studies search"
    DATA_FILE = "data_file", "SHA-256 of the user's file"
    TRIALS = "sweep.trials", "trials of each study"


class Artifact(SchemaName):
    """Artifacts of runs."""

    BEST_WEIGHTS = "weights/best.safetensors", "weights of all replicas at their lowest validation loss"
    FINAL_WEIGHTS = "weights/final.safetensors", "weights of all replicas after the last epoch"
    CURVES = "curves.npz", "losses, gradient norms and digests of the weights of all replicas, by epoch"
    CURVES_FIGURE = "curves.png", "learning curves"
    CONFIG = "config.txt", "the trial config as flat text"
    ENVIRONMENT = "environment.json", "versions, processor and variables that training ran with"
    DIGESTS = "digests.json", "SHA-256 of the data, the initial weights and the other files"
    PREDICTIONS = "predictions.npz", "predictions of the median replica on the test split"
    STEP_LOSSES = "step_losses.npz", "test losses of all replicas of a confirmation, by step and sequence"
    RESIDUAL_TESTS = "residual_tests.json", "tests of what the median replica of a confirmation leaves unpredicted"
    CHARACTERISATION = (
        "characterisation.npz",
        "best replica of a confirmation or single trial as a dynamical system",
    )
    PREDICTION_FIGURE = "predictions.png", "predictions against targets"
    CLOSED_LOOP_FIGURE = "closed-loop.png", "the network driven by its own predictions"
    SOURCE_WEIGHTS = "weights/source.safetensors", "weights of the network that a reduction reduces"
    REDUCTION = "reduction.json", "what a reduction reduces, how, and the losses and error bound of each order"
    REDUCTION_TABLE = "reduction.csv", "losses, error and error bound of a reduction by order"
    REDUCTION_FIGURE = "reduction.png", "the same as a figure"
    BASELINES = "baselines.json", "baselines and bounds of the task", "floors.json"
    BASELINE_STEP_LOSSES = "baseline_step_losses.npz", "losses of the baselines by step of the test split"
    BASELINES_FIGURE = "baselines.png", "the linear baseline by number of lags", "floors.png"
    NONLINEARITY_TESTS = "nonlinearity_tests.json", "nonlinearity tests of a sweep's data; none for classes"
    CLAIMS = "claims.json", "verdicts of the claims, with their numbers"
    DIFF = "uncommitted.diff", "changes of the code since its commit"
    COMPARISON = "comparison.csv", "comparison table of a sweep"
    REPORT = "report.html", "report of a sweep"


class CurveArray(SchemaName):
    """Arrays of curves.npz: of E epochs, V evaluations and S replicas."""

    TRAIN_LOSS = "train_loss", "training loss of each epoch, (E, S)"
    GRADIENT_NORM = "gradient_norm", "norm of the gradient before clipping, (E, S)"
    EVALUATION_EPOCHS = "evaluated", "epochs after which the validation loss was computed, (V,)"
    VAL_LOSS = "val_loss", "validation loss of each evaluation, (V, S)"
    BEST_EPOCH = "best_epoch", "epoch of the lowest validation loss, (S,)"
    WEIGHT_DIGESTS = "weight_digests", "SHA-256 of the initial weights and of those of each evaluation, (1 + V, S, 32)"
    TEST_LOSS = "test_loss", "test loss of the weights of the lowest validation loss, (S,); if the test split was read"


class StepArray(SchemaName):
    """Arrays of step_losses.npz and baseline_step_losses.npz beside those of the predictors."""

    STEP_COUNTS = "step_counts", "number of consecutive test steps that each value averages, (T,); where it is not 1"


ARTIFACT_NAMES = frozenset(name for artifact in Artifact for name in (artifact.value, artifact.old_name) if name)
DELETABLE = frozenset({Artifact.BEST_WEIGHTS, Artifact.FINAL_WEIGHTS, Artifact.CURVES_FIGURE})  # repeated by a rerun
TRIAL_ARTIFACTS = (Artifact.BEST_WEIGHTS, Artifact.FINAL_WEIGHTS, Artifact.CURVES, Artifact.DIGESTS)  # of each trial


def objective_metric(version: int) -> Metric:
    """Return the metric that the studies of a schema version minimize."""
    return Metric.OBJECTIVE if version >= OBJECTIVE_VERSION else Metric.BEST_VAL_LOSS


class SchemaError(StoreError):
    """A run that lacks something, contradicts the schema, or was written with a newer one."""


def check_artifact_name(name: str) -> str:
    """Return the name of an artifact; SchemaError for one that no run of linrnn has, wherever it would lead."""
    folder, _, file = name.rpartition("/")
    is_plain = file not in ("", ".", "..") and "\x00" not in file
    if name not in ARTIFACT_NAMES and not (folder in (DATA, FIGURES, SYSTEMS) and is_plain):
        raise SchemaError(f"{name!r} is not the name of a file of a run")
    return name
