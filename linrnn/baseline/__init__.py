"""Baselines and bounds: what predictors that are not networks reach."""
