"""Settings declared once, and registries of tasks and model types."""
