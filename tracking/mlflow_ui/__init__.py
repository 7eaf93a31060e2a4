"""The MLflow UI: links, saved views, charts, descriptions, registered models."""
