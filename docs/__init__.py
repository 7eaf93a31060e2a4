"""The documentation site, and what its pages are generated from."""
