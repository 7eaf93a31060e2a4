"""The search: what Optuna is asked and told, and the executors that train."""
