"""Trial configs, the training loop and its back ends, evaluation and results."""
