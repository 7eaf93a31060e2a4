"""Values of nonlinearity tests: hypothesis tests on the data of a task alone, before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from linrnn.data.sequences import Array

if TYPE_CHECKING:
    from pandas import DataFrame

MEAN, DEPENDENCE = "mean", "any dependence"  # subjects of tests
LEVEL = 0.05  # of a test that is said to reject
SIGN = 0.01  # of a sign of a nonlinear mean, adjusted for the number of tests


@dataclass(frozen=True)
class NonlinearityTest:
    """A hypothesis test on the data of a task.

    Parameters
    ----------
    name : str
        Name of the test.
    null : str
        The null hypothesis, in words.
    statistic : float
        The value of the statistic.
    p : float
        Probability of such a value or a more extreme one under the null hypothesis.
    subject : str
        `mean` if the test asks about the conditional mean, which a network predicts; `any dependence` if it also
        rejects for another dependence, such as a variance that changes.
    targets : int
        Values that were tested.
    """

    name: str
    null: str
    statistic: float
    p: float
    subject: str
    targets: int

    @property
    def rejects(self) -> bool:
        """Whether p is below 0.05."""
        return self.p < LEVEL


@dataclass(frozen=True)
class NonlinearityTests:
    """The nonlinearity tests of a task.

    Parameters
    ----------
    task : str
        Label of the task.
    tests : tuple of NonlinearityTest
        The tests; none where a linear predictor is exact but for rounding.
    effect : float
        Part of the variance of the linear predictor's residuals that squares, products and cubes of the lags explain:
        the adjusted R^2 of the auxiliary regression, or 0.
    detection_ratio : float or None
        How far the loss of the nonlinear baseline is below that of the linear one, divided by the half-width of the
        95 % interval of their difference; None if their step losses are not known.
    samples : mapping of str to array
        What a figure draws: `residuals` `(N,)` of the linear predictor and its last `inputs` `(N,)`, and the statistic
        of each surrogate `(S,)` by the name of its test.
    """

    task: str
    tests: tuple[NonlinearityTest, ...]
    effect: float = 0.0
    detection_ratio: float | None = None
    samples: Mapping[str, Array] = field(default_factory=dict, compare=False, repr=False)

    @property
    def rejections(self) -> tuple[NonlinearityTest, ...]:
        """The tests that reject their null hypothesis at 0.05, the smallest p first."""
        return tuple(sorted((test for test in self.tests if test.rejects), key=lambda test: test.p))

    def adjust_p(self) -> dict[str, float]:
        """Return the p of each test about the mean, adjusted for their number (Holm 1979), by name."""
        tests = sorted((test for test in self.tests if test.subject == MEAN), key=lambda test: test.p)
        factors = np.arange(len(tests), 0, -1)
        adjusted = np.maximum.accumulate(np.minimum(factors * [test.p for test in tests], 1))
        return {test.name: float(p) for test, p in zip(tests, adjusted, strict=True)}

    def find_nonlinear_mean(self, margin: float) -> NonlinearityTest | None:
        """Find a sign that the conditional mean is nonlinear.

        Parameters
        ----------
        margin : float
            Part of the linear predictor's loss that a gain has to exceed to count.

        Returns
        -------
        NonlinearityTest or None
            The test about the mean with the smallest p, if that is below 0.01, adjusted for the number of tests, and
            `effect` is above the margin.
        """
        adjusted = self.adjust_p()
        if self.effect <= margin or not adjusted:
            return None
        name, p = min(adjusted.items(), key=lambda item: item[1])
        return next(test for test in self.tests if test.name == name) if p < SIGN else None

    def table(self) -> DataFrame:
        """Return the tests as a table.

        Returns
        -------
        pandas.DataFrame
            A row for each, indexed by its name: `null`, `statistic`, `p`, `subject` and `targets`.
        """
        from pandas import DataFrame

        columns = ["null", "statistic", "p", "subject", "targets"]
        rows = {test.name: [getattr(test, name) for name in columns] for test in self.tests}
        return DataFrame.from_dict(rows, orient="index", columns=columns)
