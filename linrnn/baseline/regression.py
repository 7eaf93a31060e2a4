"""Baselines of regression: the families of linear predictors, and what is fitted to their residuals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from linrnn.baseline.autoregression import search_autoregression
from linrnn.baseline.candidate import (
    CandidateLoss,
    LinearReference,
    Reference,
    Score,
    measure_errors,
    squared_errors,
)
from linrnn.baseline.combination import combine
from linrnn.baseline.kernel_ridge import fit_kernel, select_kernel
from linrnn.baseline.lag_regression import LagRegression, search_least_squares, search_ridge
from linrnn.baseline.lags import LagSearch
from linrnn.baseline.naive import Mean, search_naive
from linrnn.baseline.seasonal_arma import search_arma, search_seasonal_arma
from linrnn.baseline.subspace_model import search_subspace_models
from linrnn.data.sequences import Splits

Family = Callable[[Splits, int], Score | None]  # the best of a family by validation loss, if it has any


def ridge(data: Splits, horizon: int) -> Score:
    """Ridge regression on lags."""
    return search_ridge(data, lag_form(data, horizon))


def relative_least_squares(data: Splits, horizon: int) -> Score:
    """Least squares on lags, relative to the last value."""
    form = replace(lag_form(data, horizon), relative=True)
    return best_lags(form, search_least_squares(data, form))


def relative_ridge(data: Splits, horizon: int) -> Score:
    """Ridge regression on lags, relative to the last value."""
    return search_ridge(data, replace(lag_form(data, horizon), relative=True))


FAMILIES: tuple[Family, ...] = (ridge, search_subspace_models)  # beside least squares on lags
FORECASTS: tuple[Family, ...] = (  # where the targets are later values of the first input
    relative_least_squares,
    relative_ridge,
    search_autoregression,
    search_arma,
    search_seasonal_arma,
)


def lag_form(data: Splits, horizon: int) -> LagRegression:
    """Return a regression on lags of as many inputs as the data have."""
    return LagRegression(0, features=data.train.inputs.shape[2], is_forecast=horizon > 0)


def best_lags(form: LagRegression, search: LagSearch) -> Score:
    """Return the regression with the number of lags of the lowest validation loss."""
    return Score(replace(form, lags=search.best.lags), search.best.val)


def naive(data: Splits, horizon: int) -> Reference:
    """Return the naive predictor of the lowest validation loss, fitted to train and val."""
    candidate = search_naive(data, horizon).candidate
    return Reference(candidate.name, *measure_errors(candidate.fit(data[:2]), data))


def linear(data: Splits, horizon: int) -> LinearReference:
    """Return the linear predictors of the lowest validation losses, one a family, fitted to train and val."""
    form = lag_form(data, horizon)
    lag_search = search_least_squares(data, form)
    searches = (family(data, horizon) for family in (*FAMILIES, *(FORECASTS if horizon else ())))
    scores = [best_lags(form, lag_search), *(each for each in searches if each)]
    best = combine(scores, data.val.targets[data.val.first :, :, 0].size)
    candidates = [
        CandidateLoss(
            each.candidate.name, each.val, float(squared_errors(each.candidate.fit(data[:2]), data.test).mean())
        )
        for each in scores
    ]
    return LinearReference(
        best.name,
        *measure_errors(best.fit(data[:2]), data),
        best,
        tuple(candidates),
        lag_search,
    )


def nonlinear(data: Splits, linear_reference: LinearReference) -> Reference:
    """Return kernel ridge regression on the residuals of the mean or of the linear baseline, fitted to train and val.

    Lags, width and ridge by validation loss; the linear baseline itself where no kernel is better.
    """
    bases = (Mean(), linear_reference.candidate)
    kernel = select_kernel(data, [each.fit([data.train]) for each in bases])
    if kernel is None:
        return Reference(linear_reference.method, linear_reference.step_losses, linear_reference.absolute_error)
    predictor = fit_kernel(data[:2], bases[kernel.base].fit(data[:2]), kernel)
    return Reference("kernel ridge regression", *measure_errors(predictor, data))
