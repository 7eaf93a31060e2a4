"""Stochastic processes whose best predictor is known: series with a known answer."""
