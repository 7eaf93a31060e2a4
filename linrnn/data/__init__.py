"""Sequences and their splits, readers of the user's files, digests."""
