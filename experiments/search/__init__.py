"""The search: sweep configs, Optuna studies, and the executors that train their trials."""
