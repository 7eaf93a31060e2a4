"""The architecture itself: which package may import which, no cycles, no shared names, docstrings."""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from graphlib import TopologicalSorter

from tests.source import IMPORTS, PACKAGES, PATHS, ROOMS, ROOT, TREES, is_type_checking, public_definitions

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
LAYERS = {  # per room, from the top down; packages of one layer do not import each other
    each["containers"][0]: [set(layer.split(" | ")) for layer in each["layers"]]
    for each in CONTRACTS
    if "containers" in each
}
ROOMS_ABOVE = {"linrnn": {"tracking", "experiments"}, "tracking": {"experiments"}, "experiments": set()}
FOREIGN = {  # what a room knows nothing of
    "linrnn": {"mlflow", "optuna", "click", "rich"},
    "tracking": {"click", "rich", "matplotlib"},
    "experiments": set(),
}


def layer(module: str) -> tuple[int, str]:
    """The layer of a module within its room, 0 at the top, and the package or module that has it."""
    room, _, rest = module.partition(".")
    names = {name: row for row, layers in enumerate(LAYERS[room]) for name in layers}
    parts = rest.split(".")
    for length in range(len(parts), 0, -1):
        if (name := ".".join(parts[:length])) in names:
            return names[name], f"{room}.{name}"
    return -1, room  # the room's own __init__


def test_every_package_has_a_layer() -> None:
    unnamed = {module for module in PATHS if "." in module and layer(module)[0] < 0}
    assert not unnamed, "add it to [tool.importlinter] in pyproject.toml"


def test_imports_go_down() -> None:
    wrong = []
    for module, names in IMPORTS.items():
        room = module.partition(".")[0]
        row, package = layer(module)
        for name in sorted(names):
            root = name.partition(".")[0]
            if root in ROOMS_ABOVE[room] | FOREIGN[room]:
                wrong.append(f"{module} imports {name}")
            elif root == room and "." in name and layer(name)[0] <= row and layer(name)[1] != package:
                wrong.append(f"{module} imports {name}, which is not below it")
    assert not wrong, "\n".join(wrong)


def test_the_science_draws_in_plot_methods_alone() -> None:
    for module in PATHS:
        plots = [node for node in ast.walk(TREES[module]) if isinstance(node, ast.FunctionDef) and node.name == "plot"]
        allowed = {id(node) for plot in plots for node in ast.walk(plot)}
        for node in ast.walk(TREES[module]) if module.startswith("linrnn") else ():
            if isinstance(node, ast.Import | ast.ImportFrom) and "matplotlib" in ast.unparse(node):
                assert id(node) in allowed or is_for_types(module, node), f"{module}: {ast.unparse(node)}"


def is_for_types(module: str, node: ast.AST) -> bool:
    """Whether a node is inside `if TYPE_CHECKING`."""
    branches = [branch for branch in ast.walk(TREES[module]) if is_type_checking(branch)]
    return any(node is each for branch in branches for each in ast.walk(branch))


def cycle_free(graph: dict[str, set[str]]) -> None:
    """Raise graphlib.CycleError, which names the cycle, if there is one."""
    TopologicalSorter(graph).prepare()


def test_no_module_imports_itself_through_others() -> None:
    cycle_free({module: names & PATHS.keys() for module, names in IMPORTS.items()})


def test_no_package_imports_itself_through_others() -> None:
    """At every depth: the packages and modules of one folder, each with all that is inside it."""
    graphs: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for module, names in IMPORTS.items():
        for name in names & PATHS.keys():
            one, other = (
                f"{each}.__init__".split(".") if each in PACKAGES else each.split(".") for each in (module, name)
            )
            depth = next(k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
            graphs[".".join(one[:depth])][".".join(one[: depth + 1])].add(".".join(other[: depth + 1]))
    for graph in graphs.values():
        cycle_free(graph)


def duplicates(names: dict[str, str]) -> dict[str, list[str]]:
    """Names that several places share, from place to name."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, name in names.items():
        places[name].append(place)
    return {name: each for name, each in places.items() if len(each) > 1}


def test_no_two_modules_share_a_name() -> None:
    """A command of the command line shares its name with the module that does its work."""
    modules = {module: module.rpartition(".")[2] for module in PATHS if not module.endswith("__main__")}
    commands = {module: name for module, name in modules.items() if module.startswith("experiments.cli.")}
    assert not duplicates(commands)
    assert not duplicates({module: name for module, name in modules.items() if module not in commands})


def test_no_two_public_classes_share_a_name() -> None:
    classes = {
        f"{module}.{node.name}": node.name
        for module in PATHS
        for node in public_definitions(module)
        if isinstance(node, ast.ClassDef)
    }
    assert not duplicates(classes)


def test_modules_and_their_public_definitions_have_docstrings() -> None:
    missing = [module for module in PATHS if not ast.get_docstring(TREES[module])]
    for module in PATHS:
        missing += [f"{module}.{node.name}" for node in public_definitions(module) if not ast.get_docstring(node)]
    assert not missing, "\n".join(missing)


def test_all_rooms_are_there() -> None:
    assert {module.partition(".")[0] for module in PATHS} == set(ROOMS) == LAYERS.keys()
