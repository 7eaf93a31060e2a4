"""Colors of model types are distinct, also to people who see fewer colors."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from linrnn.models import MODELS
from tracking.model_colors import PALETTE, model_color

# linear RGB as it is seen without one kind of cones (Machado, Oliveira & Fernandes 2009, severity 1)
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])  # of linear sRGB
WHITE = np.array([0.9505, 1.0, 1.089])


def to_linear(color: str) -> np.ndarray:
    values = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear RGB, in which differences of 2 can just be seen."""
    xyz = XYZ @ rgb / WHITE
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_each_model_type_has_a_color_of_its_own() -> None:
    assert len({model_color(model) for model in MODELS}) == len(MODELS) == len(PALETTE)


@pytest.mark.parametrize("vision", VISION)
def test_colors_are_far_apart(vision: str) -> None:
    seen = [to_lab(np.clip(np.array(VISION[vision]) @ to_linear(color), 0, 1)) for color in PALETTE]
    assert min(np.linalg.norm(first - second) for first, second in combinations(seen, 2)) > 16


def test_colors_are_seen_on_white_and_on_black() -> None:
    for color in PALETTE:
        luminance = float(XYZ[1] @ to_linear(color))
        assert min(1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05) > 2.2, color
