"""Figures of a trial, of a task's baselines, of a sweep and of the suite, drawn without a screen."""
