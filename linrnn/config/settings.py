"""Fields declared once: type, default, range and search range of every setting.

The text form, the validation, the command line's `--set`, the MLflow params and the Optuna
distributions all follow from these declarations.
"""

from __future__ import annotations

import math
import re
from dataclasses import Field, dataclass, field, fields
from typing import Any, ClassVar, Protocol, cast
from unicodedata import category

from linrnn.errors import ConfigError


class Domain(Protocol):
    """The values a field may hold, and their text form."""

    def parse(self, text: str) -> Any:
        """Value written as `text`; ValueError if it is none of this kind."""

    def holds(self, value: Any) -> bool:
        """Whether `value` is one of the values."""

    def __str__(self) -> str:
        """The condition on a value, for messages."""


@dataclass(frozen=True)
class Integers:
    """Whole numbers in [low, high]; `search` = (low, high) of a study, log-uniform."""

    low: int
    high: int
    search: tuple[int, int] | None = None

    def parse(self, text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,30}", text.strip()):
            raise ValueError(text)
        return int(text)

    def holds(self, value: Any) -> bool:
        return type(value) is int and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"a whole number from {self.low} to {self.high}"


@dataclass(frozen=True)
class Reals:
    """Floats in [low, high], never nan; `search` = (low, high) of a study, log-uniform."""

    low: float
    high: float
    search: tuple[float, float] | None = None

    def parse(self, text: str) -> float:
        if "_" in text:
            raise ValueError(text)
        return float(text)

    def holds(self, value: Any) -> bool:
        return type(value) is float and self.low <= value <= self.high

    def __str__(self) -> str:
        infinite = " (inf for none)" if math.isinf(self.high) else ""
        return f"a number from {self.low:g} to {self.high:g}{infinite}"


@dataclass(frozen=True)
class Choice:
    """One of several words."""

    words: tuple[str, ...]

    def parse(self, text: str) -> str:
        return text

    def holds(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.words

    def __str__(self) -> str:
        return f"one of {', '.join(self.words)}"


@dataclass(frozen=True)
class Text:
    """A line of text without control characters; may be empty."""

    longest: int = 500

    def parse(self, text: str) -> str:
        return text

    def holds(self, value: Any) -> bool:
        return isinstance(value, str) and len(value) <= self.longest and not any(map(is_line_break, value))

    def __str__(self) -> str:
        return f"one line of at most {self.longest} characters"


def is_line_break(character: str) -> bool:
    """Whether a character ends a line, or is none that can be stored: control, line or half of one."""
    return category(character) in ("Cc", "Zl", "Zp", "Cs")


def setting(default: Any, domain: Domain, help: str) -> Any:
    """A dataclass field with its domain and its line of help."""
    return field(default=default, metadata={"domain": domain, "help": help})


def get_domain(item: Field[Any]) -> Domain:
    """The domain a field was declared with."""
    return cast(Domain, item.metadata["domain"])


@dataclass(frozen=True)
class Config:
    """Base of frozen values with declared fields, whose domains are checked at construction."""

    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for item in list_settings(type(self)):
            value = getattr(self, item.name)
            if not get_domain(item).holds(value):
                raise domain_error(setting_name(self.kind, item.name), item, value)


def list_settings(owner: type[Config]) -> list[Field[Any]]:
    """The declared fields of a class, in order (nested values have no domain of their own)."""
    return [item for item in fields(owner) if "domain" in item.metadata]


def setting_name(kind: str, name: str) -> str:
    """A field's name in the flat text: `model.hidden_size`, or `seed` at the top."""
    return f"{kind}.{name}" if kind else name


def domain_error(name: str, item: Field[Any], value: object) -> ConfigError:
    """The error for a value that a field cannot hold."""
    return ConfigError(f"{name} must be {get_domain(item)}, not {value}")


def list_searchable(*owners: type[Config]) -> dict[str, Integers | Reals]:
    """Return the fields of some classes that declare a search range: name in the flat text -> domain."""
    domains = {
        setting_name(owner.kind, item.name): get_domain(item) for owner in owners for item in list_settings(owner)
    }
    return {name: domain for name, domain in domains.items() if isinstance(domain, Integers | Reals) and domain.search}


def parse_setting(kind: str, item: Field[Any], text: str) -> Any:
    """Value of a declared field written as `text`; ConfigError if it cannot be one."""
    try:
        return get_domain(item).parse(text)
    except ValueError:
        raise domain_error(setting_name(kind, item.name), item, repr(text)) from None


def format_value(value: Any) -> str:
    """Lossless text of a field's value: floats through repr, so that float(text) is the same bits."""
    return repr(value) if isinstance(value, float) else str(value)
