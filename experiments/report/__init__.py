"""A sweep's record and everything that is shown of it."""
