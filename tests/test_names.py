"""Names are nouns and verbs: none begins or ends with a participle, a preposition or an adverb of place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.source import PATHS, attributes, parameters, public_definitions, public_methods

PARTICIPLES = """been begun bound? built brought caught chosen come? dealt done drawn driven fallen felt forgotten given
    gone got grown heard held hidden? judged kept known laid learnt left lost made meant met paid proven said seen sent
    shown sought spent spoken stood struck swept taken taught thought thrown told torn understood went won woken worn
    wound written"""
PREPOSITIONS = """about above across after against along among around as at before behind below beneath beside besides
    between beyond by despite down during except for from? in inside into like? near of off on onto out? outside over?
    past per? since than through to? toward towards under until up upon via with within without"""
ADVERBS = "again alike already anew apart away elsewhere ever everywhere here nowhere never there where whereby"
UNFIT = {word for word in f"{PARTICIPLES} {PREPOSITIONS} {ADVERBS}".split() if not word.endswith("?")}
NO_PARTICIPLES = {
    "bed",
    "embed",
    "feed",
    "need",
    "red",
    "seed",
    "shed",
    "speed",
    "weed",
    "exceed",
    "proceed",
    "succeed",
}
# Adjectives of the field, before the noun that they belong to.
ADJECTIVES = {"built", "closed", "delayed", "diverged", "failed", "fitted", "fixed", "hidden", "normalized", "padded"}
ADJECTIVES |= {"balanced", "left", "shared", "signed", "squared", "transposed", "uncommitted", "weighted"}
# Words of a record: outcomes, Optuna's fixed params, a setting of a task, tags and settings that stores of 0.1.0 have.
RECORDED = {"near", "failed", "diverged", "pruned", "fixed", "reproduced", "reproduction_of"}
NOUNS = {"speed_up"}


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case: `read_config`, `DamageError`."""
    return re.findall(r"[a-z]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


def is_unfit(word: str) -> bool:
    return word in UNFIT or (word.endswith("ed") and word not in NO_PARTICIPLES)


def unfit(name: str) -> bool:
    """Whether the first or last word of a name is a participle, a preposition or an adverb of place."""
    words = words_of(name)
    if not words or words[0] in ("is", "has") or "_".join(words[-2:]) in NOUNS or name.lower() in RECORDED:
        return False
    first_fits = not is_unfit(words[0]) or (len(words) > 1 and words[0] in ADJECTIVES)
    return not first_fits or is_unfit(words[-1])


def names_of(module: str) -> Iterator[tuple[str, str]]:
    """The kind and name of a module and of all that is public in it."""
    yield "module", module.rpartition(".")[2]
    for node in public_definitions(module):
        yield ("class" if isinstance(node, ast.ClassDef) else "function"), node.name
        yield from (("method", method.name) for method in public_methods(node))
        if isinstance(node, ast.ClassDef):
            yield from (("attribute", name) for name in attributes(node))
        else:
            yield from (("parameter", name) for name in parameters(node))


@pytest.mark.parametrize(
    "name", ["kept", "of", "told", "runs_of_study", "read_config", "DamageError", "seed", "is_recorded"]
)
def test_examples(name: str) -> None:
    assert unfit(name) == (name in ("kept", "of", "told"))


@pytest.mark.parametrize("name", ["trials_of", "Trained", "recorded_runs", "beside_linear", "values_there", "as_text"])
def test_unfit_words_are_found_in_first_and_last_place(name: str) -> None:
    assert unfit(name)


def test_names_are_nouns_and_verbs() -> None:
    wrong = [f"{kind} {name} in {module}" for module in PATHS for kind, name in names_of(module) if unfit(name)]
    assert not wrong, "\n".join(wrong)
