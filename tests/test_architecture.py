"""The architecture itself: which room may import which, and no cycles."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "linrnn": {"mlflow", "optuna", "click", "rich", "matplotlib", "tracking", "experiments"},
    "tracking": {"click", "rich", "matplotlib", "experiments"},
    "experiments": set(),
}
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for room in FORBIDDEN
    for path in sorted((ROOT / room).rglob("*.py"))
}


def imports(path: Path) -> set[str]:
    """Every module that a file imports anywhere, but for types alone."""
    tree = ast.parse(path.read_text())
    types_only = {id(node) for branch in ast.walk(tree) if is_types_only(branch) for node in ast.walk(branch)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in types_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def is_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    above = FORBIDDEN[module.partition(".")[0]]
    assert not {name for name in imports(MODULES[module]) if name.partition(".")[0] in above}


def test_no_import_cycle() -> None:
    graph = {module: imports(path) & MODULES.keys() - {module} for module, path in MODULES.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_module_and_public_functions_have_docstrings(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text())
    assert ast.get_docstring(tree)
    public = (ast.ClassDef, ast.FunctionDef)
    missing = [
        node.name
        for node in tree.body
        if isinstance(node, public) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not missing
