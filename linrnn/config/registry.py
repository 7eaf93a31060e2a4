"""Tables of names whose values are imported when they are first used, so that listing them costs nothing."""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar, cast

from linrnn.errors import ConfigError

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """Names -> objects, each given as `package.module:name`."""

    def __init__(self, what: str, places: Mapping[str, str]) -> None:
        self.what = what
        self._places = dict(places)

    def __getitem__(self, name: str) -> T:
        if name not in self._places:
            raise KeyError(name)
        return cast(T, pkgutil.resolve_name(self._places[name]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def check(self, name: str) -> str:
        """The name itself if it is in the table, else ConfigError with the names there are."""
        if name not in self._places:
            raise ConfigError(f"unknown {self.what} {name!r}{suggestion(name, self)}; there are: {', '.join(self)}")
        return name


def lazy_attributes(module: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for a package whose public names are imported when they are first used."""
    table: Registry[Any] = Registry("attribute", places)

    def attribute(name: str) -> Any:
        if name in table:
            return table[name]
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return attribute


def suggestion(name: str, known: Mapping[str, object]) -> str:
    """`, did you mean 'x'?` where a known name is close to this one."""
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
