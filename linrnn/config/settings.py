"""Fields declared once: type, default, range and search range of every setting.

The text form, the validation, the command line's `--set`, the MLflow params and the Optuna
distributions all follow from these declarations.
"""

from __future__ import annotations

import math
import re
from collections.abc import Set
from dataclasses import Field, dataclass, field, fields, replace
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
    """Whole numbers in [low, high]; `search` = (low, high) of each study, log-uniform; `option` = that on demand."""

    low: int
    high: int
    search: tuple[int, int] | None = None
    option: tuple[int, int] | None = None

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
    """Floats in [low, high], never nan; `search` and `option` as those of `Integers`."""

    low: float
    high: float
    search: tuple[float, float] | None = None
    option: tuple[float, float] | None = None

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
    """One of several words; `search` = those that each study tries, `option` = that one that names it tries."""

    words: tuple[str, ...]
    search: tuple[str, ...] | None = None
    option: tuple[str, ...] | None = None

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


SearchDomain = Integers | Reals | Choice


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


def list_searchable(*owners: type[Config], options: Set[str] = frozenset()) -> dict[str, SearchDomain]:
    """Return the fields of some classes that studies search: name in the flat text -> domain with the range `search`.

    First those that each study searches, then those of `options`, whose range is the domain's `option`.
    """
    domains = list_domains(*owners)
    common = {name: domain for name, domain in domains.items() if domain.search}
    optional = {name: apply_option(domain) for name, domain in domains.items() if name in options}
    return common | {name: domain for name, domain in optional.items() if domain.search}


def apply_option(domain: SearchDomain) -> SearchDomain:
    """Return a domain that is searched in its optional range."""
    option: Any = domain.option
    return replace(domain, search=option)


def list_optional(*owners: type[Config]) -> dict[str, SearchDomain]:
    """Return the fields of some classes that studies search only on demand: name in the flat text -> domain."""
    return {name: domain for name, domain in list_domains(*owners).items() if domain.option}


def list_domains(*owners: type[Config]) -> dict[str, SearchDomain]:
    """Return the domains of the fields of some classes that may have a search range, by name in the flat text."""
    items = [
        (setting_name(owner.kind, item.name), get_domain(item)) for owner in owners for item in list_settings(owner)
    ]
    return {name: domain for name, domain in items if isinstance(domain, SearchDomain)}


def parse_setting(kind: str, item: Field[Any], text: str) -> Any:
    """Value of a declared field written as `text`; ConfigError if it cannot be one."""
    try:
        return get_domain(item).parse(text)
    except ValueError:
        raise domain_error(setting_name(kind, item.name), item, repr(text)) from None


def format_value(value: Any) -> str:
    """Lossless text of a field's value: floats through repr, so that float(text) is the same bits."""
    return repr(value) if isinstance(value, float) else str(value)
