"""Published figures beside our own, on data that others have measured."""
