"""The source of the three rooms as syntax trees, for the tests of its architecture."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("linrnn", "tracking", "experiments")
PATHS = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
}
TREES = {module: ast.parse(path.read_text(), str(path)) for module, path in PATHS.items()}
PACKAGES = {module for module, path in PATHS.items() if path.name == "__init__.py"}
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def imports(module: str) -> set[str]:
    """Every module that a module imports anywhere, inside functions too, except for type checking only."""
    tree = TREES[module]
    typing = {id(node) for branch in ast.walk(tree) if is_type_checking(branch) for node in ast.walk(branch)}
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & PATHS.keys()
            names |= submodules
            if len(submodules) < len(node.names):
                names.add(node.module)
    return names


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


IMPORTS = {module: imports(module) - {module} for module in PATHS}


def public_definitions(module: str) -> Iterator[Definition]:
    """The public classes and functions of a module's top level."""
    for node in TREES[module].body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node


def public_methods(node: Definition) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The public methods of a class; nothing of a function."""
    for each in node.body if isinstance(node, ast.ClassDef) else ():
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and not each.name.startswith("_"):
            yield each


def attributes(node: ast.ClassDef) -> Iterator[str]:
    """The public attributes that a class declares in its body."""
    for each in node.body:
        targets = [each.target] if isinstance(each, ast.AnnAssign) else getattr(each, "targets", [])
        for target in targets:
            if isinstance(target, ast.Name) and not target.id.startswith("_"):
                yield target.id


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """The names of a function's parameters, without self and cls."""
    rows = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg)
    yield from (each.arg for each in rows if each is not None and each.arg not in ("self", "cls"))
