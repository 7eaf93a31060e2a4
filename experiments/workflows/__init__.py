"""Workflows: the steps of each command, without a terminal."""
