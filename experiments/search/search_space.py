"""The search space of a study: the settings that it varies, their ranges, and how tables and files name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from linrnn.config.settings import Choice, SearchDomain
from linrnn.training.trial_config import TrialConfig, search_values, searchable_settings

SearchSpace = Mapping[str, SearchDomain]  # name in the flat text -> domain; its `search` is the range


def free_settings(base: TrialConfig, presets: Set[str], options: Set[str] = frozenset()) -> dict[str, SearchDomain]:
    """Return the settings that a study varies: those with a search range, and `options`, that are no presets."""
    return {name: domain for name, domain in searchable_settings(base, options).items() if name not in presets}


def setting_values(space: SearchSpace, text: Mapping[str, str]) -> dict[str, float | str]:
    """Return the values that a flat text has for the settings of a search space."""
    return {name: domain.parse(text[name]) for name, domain in space.items() if name in text}


def describe_values(config: TrialConfig, options: Set[str] = frozenset()) -> str:
    """Describe a trial by its values of the settings that can be searched, for the name of its run."""
    values = search_values(config, options)
    names = short_names(values)
    texts = {name: f"{value:.2g}" if isinstance(value, float) else str(value) for name, value in values.items()}
    return " ".join(f"{names[name]}={text}" for name, text in texts.items())


def describe_space(spaces: Mapping[str, SearchSpace]) -> str:
    """Describe the search spaces of several model types; a setting that not all of them have names its model types."""
    domains = {name: domain for space in spaces.values() for name, domain in space.items()}
    names = short_names(domains)
    parts = []
    for name, domain in domains.items():
        models = [model for model, space in spaces.items() if name in space]
        note = f" ({', '.join(models)} only)" if len(models) < len(spaces) else ""
        parts.append((f"{setting_label(names[name])} {describe_range(domain)}{note}", isinstance(domain, Choice)))
    numbers, choices = ([part for part, is_choice in parts if is_choice == each] for each in (False, True))
    texts = [f"{', '.join(numbers)}, log-uniform"] if numbers else []
    return "; ".join(texts + choices) or "no setting, as all were given"


def describe_range(domain: SearchDomain) -> str:
    """Write the range in which a study searches a setting."""
    if isinstance(domain, Choice):
        return f"one of {', '.join(domain.search or domain.words)}"
    low, high = domain.search or (domain.low, domain.high)
    return f"from {low:g} to {high:g}"


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Return the part of each name after its last dot, or the whole name where two settings share that part."""
    whole = list(names)
    last = [name.rpartition(".")[2] for name in whole]
    return {name: short if last.count(short) == 1 else name for name, short in zip(whole, last, strict=True)}


def setting_label(name: str) -> str:
    """Write the name of a setting in words, for people."""
    return name.replace("_", " ").replace(".", " ")
