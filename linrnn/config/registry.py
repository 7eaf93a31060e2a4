"""Registries of names whose values are imported on first use, so that listing them is cheap."""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar, cast

from linrnn.errors import ConfigError

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """A mapping from names to objects, each declared as `package.module:name` and imported on first use."""

    def __init__(self, noun: str, paths: Mapping[str, str]) -> None:
        self.noun = noun
        self._paths = dict(paths)
        self._objects: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._paths:
            raise KeyError(name)
        if name not in self._objects:
            self._objects[name] = cast(T, pkgutil.resolve_name(self._paths[name]))
        return self._objects[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def check(self, name: str) -> str:
        """Return the name if it is registered, else raise ConfigError with the names that are."""
        if name not in self._paths:
            raise ConfigError(f"unknown {self.noun} {name!r}{suggestion(name, self)}; there are: {', '.join(self)}")
        return name


def lazy_attributes(module: str, paths: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a `__getattr__` for a package whose public names are imported on first use."""
    table: Registry[Any] = Registry("attribute", paths)

    def attribute(name: str) -> Any:
        if name in table:
            return table[name]
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return attribute


def suggestion(name: str, choices: Mapping[str, object]) -> str:
    """`, did you mean 'x'?` where one of the choices is close to the name."""
    close = difflib.get_close_matches(name, choices, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
