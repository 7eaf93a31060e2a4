"""Figures, drawn without a screen: of a trial, of a task's floors, of a sweep, of the suite."""
