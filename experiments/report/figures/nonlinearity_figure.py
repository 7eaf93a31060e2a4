"""The figure of nonlinearity tests: surrogates beside the data, and what a linear fit leaves."""

from __future__ import annotations

import numpy as np
from matplotlib import rc_context

from experiments.report.figures.canvas import FAINT, STYLE, empty_figure, png
from linrnn.analysis.nonlinearity_tests import NonlinearityTests
from linrnn.analysis.verdict import LINEAR
from tracking.model_colors import model_color

MOST_POINTS = 2000  # the latest


def nonlinearity_figure(tests: NonlinearityTests) -> bytes:
    """Draw as PNG the residuals of a linear fit by the last input, and each statistic of the surrogates."""
    surrogates = [test for test in tests.tests if test.name in tests.samples]
    with rc_context(STYLE):
        figure = empty_figure()
        scatter, *others = figure.subplots(1, 1 + len(surrogates), squeeze=False)[0]
        inputs, residuals = (tests.samples[name][-MOST_POINTS:] for name in ("inputs", "residuals"))
        scatter.plot(inputs, residuals, ".", color=model_color(LINEAR), markersize=3, alpha=0.5)
        scatter.set(xlabel="last input", ylabel="left by a linear fit")
        scatter.set_title(tests.task, loc="left", fontsize="medium")
        for axes, test in zip(others, surrogates, strict=True):
            values = tests.samples[test.name]
            bins = np.histogram_bin_edges(np.append(values, test.statistic), 20)
            axes.hist(values, bins=bins, color=FAINT, label="surrogates")
            axes.axvline(test.statistic, color=model_color(LINEAR), label="data")
            axes.set(xlabel=test.name.removeprefix("surrogates, "), yticks=[])
            axes.set_title(f"p = {test.p:.2g}", loc="left", fontsize="medium")
        if others:
            handles, labels = others[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside upper right", ncols=2)
        return png(figure)
