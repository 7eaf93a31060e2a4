"""Trial configs of the evidence: the sine to the letter of its claim, delays, bits, chaos."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.claims.claim import Budget
from linrnn.training.trial_config import TrialConfig, from_text

LETTER_EPOCHS = 1000
LETTER = {  # one period of a sine, every step counted, Adam at a constant learning rate without clipping
    "task": "sine",
    "task.washout": "0",
    "model.hidden_size": "10",
    "training.learning_rate": "0.01",
    "training.decay": "none",
    "training.clip_norm": "inf",
}
DELAY = {"task": "delay", "task.length": "200", "training.learning_rate": "0.003"}
XOR = {"task": "xor", "training.learning_rate": "0.01"}
LOGISTIC = {
    "task": "logistic",
    "task.length": "150",
    "task.sequences": "2",
    "task.washout": "10",
    "model.hidden_size": "10",
    "training.learning_rate": "0.01",
}
MACKEY_GLASS = {
    "task": "mackey-glass",
    "task.horizon": "1",
    "task.length": "300",
    "task.sequences": "2",
    "model.hidden_size": "10",
    "training.learning_rate": "0.01",
}


def sine_config(model: str, budget: Budget, init: str, biases: str, epochs: int = LETTER_EPOCHS) -> TrialConfig:
    """Return a trial on the sine; `biases` is whether a tanh network has a second one: yes or no."""
    settings = {"model.init": init, "model.recurrent_bias": biases if model == "tanh" else "no"}
    return evidence_config({**LETTER, **settings}, model, budget, epochs)


def letter_config(model: str, budget: Budget) -> TrialConfig:
    """Return a trial on the sine, to the letter of claim (e)."""
    return sine_config(model, budget, "linear-layers", "yes")


def delay_config(
    model: str, budget: Budget, delay: int, hidden_size: int, layers: int = 1, init: str = "orthogonal"
) -> TrialConfig:
    """Return a trial on a delay."""
    sizes = {"task.delay": str(delay), "model.hidden_size": str(hidden_size), "model.num_layers": str(layers)}
    return evidence_config({**DELAY, **sizes, "model.init": init}, model, budget)


def xor_config(model: str, budget: Budget, hidden_size: int = 10, layers: int = 1) -> TrialConfig:
    """Return a trial on products of bits."""
    sizes = {"model.hidden_size": str(hidden_size), "model.num_layers": str(layers)}
    return evidence_config({**XOR, **sizes}, model, budget)


def logistic_config(model: str, budget: Budget) -> TrialConfig:
    """Return a trial on the next value of the logistic map."""
    return evidence_config(LOGISTIC, model, budget)


def mackey_glass_config(model: str, budget: Budget) -> TrialConfig:
    """Return a trial on the next value of a chaotic flow."""
    return evidence_config(MACKEY_GLASS, model, budget)


def evidence_config(text: Mapping[str, str], model: str, budget: Budget, epochs: int = 1000) -> TrialConfig:
    """Return a trial within the budget."""
    size = {"training.replicas": str(budget.replicas), "training.epochs": budget.epochs(epochs)}
    return from_text({**text, **size, "model": model})
