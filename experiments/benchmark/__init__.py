"""The benchmark (`make bench`): times of linrnn and of the alternatives, measured in one run."""
