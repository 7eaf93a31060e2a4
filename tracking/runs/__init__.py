"""Runs: one schema; writing, reading, queries, verification, export."""
