"""Reports of sweeps: the record loaded once; summary, tables, figures, JSON, Markdown and HTML computed from it."""
