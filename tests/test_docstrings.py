"""What `__all__` of each room and of linrnn.analysis offers is documented in numpydoc's form, parameters by name."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import pytest

from tests.source import ROOMS

PACKAGES = (*ROOMS, "linrnn.analysis")
PUBLIC = [(name, public) for name in PACKAGES for public in getattr(importlib.import_module(name), "__all__", ())]


def section(docstring: str, title: str) -> str:
    """The text of a numpydoc section, empty where there is none."""
    match = re.search(rf"^{title}\n-{{{len(title)}}}\n(.*?)(?=^\w[\w ]*\n---|\Z)", docstring, re.MULTILINE | re.DOTALL)
    return match[1] if match else ""


def gaps(function: Any) -> list[str]:
    """What the docstring of a public function or class lacks."""
    docstring = inspect.getdoc(function) or ""
    if not docstring:
        return ["a docstring"]
    if not callable(function) or (inspect.isclass(function) and issubclass(function, BaseException)):
        return []
    signature = inspect.signature(function, eval_str=False)
    parameters = section(docstring, "Parameters") + section(docstring, "Other Parameters")
    entries = {
        name.strip(" *")
        for row in re.findall(r"^(\S[^:\n]*)(?: :.*)?$", parameters, re.MULTILINE)
        for name in row.split(",")
    }
    lacking = [f"parameter {name}" for name in signature.parameters if name not in entries]
    is_value = inspect.isfunction(function) and signature.return_annotation not in (None, "None")
    if is_value and not section(docstring, "Returns") and not section(docstring, "Yields"):
        lacking.append("Returns")
    return lacking


@pytest.mark.parametrize(("package", "name"), PUBLIC)
def test_public_names_are_documented(package: str, name: str) -> None:
    lacking = gaps(getattr(importlib.import_module(package), name))
    assert not lacking


def test_gaps_are_found() -> None:
    def half(x: int, y: int) -> int:
        """Add.

        Parameters
        ----------
        x : int
            The first.
        """
        return x + y

    assert gaps(half) == ["parameter y", "Returns"]
