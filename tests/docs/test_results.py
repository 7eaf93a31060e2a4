"""README and the pages agree with the files of results."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from docs import reference, tables

PAGES = tables.pages()
NAMES = sorted(path.stem for path in tables.RESULTS.glob("*.json"))
QUICK = ("costs", "suite", "sweep")
KINDS = ("rows", "values", "session")


def markers(text: str) -> set[tuple[str, str]]:
    return {(marker["generator"], marker["argument"]) for marker in tables.MARKER.finditer(text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_what_the_files_have(page: Path) -> None:
    text = page.read_text()
    assert tables.update_markers(text) == text


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.long) for name in NAMES]
)
def test_a_changed_number_changes_every_text_that_cites_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = Path(shutil.copytree(tables.RESULTS, tmp_path / "results"))
    content = tables.read_result(name)
    content |= {kind: change(content[kind]) for kind in KINDS if kind in content}
    (changed / f"{name}.json").write_text(json.dumps(content))
    monkeypatch.setattr(tables, "RESULTS", changed)
    texts = [path.read_text() for path in PAGES]
    assert any(name in cited(text) for text in texts)
    assert all((tables.update_markers(text) == text) == (name not in cited(text)) for text in texts)


def cited(text: str) -> set[str]:
    """Names of the files of results that a text cites."""
    return {argument.partition("/")[0] for generator, argument in markers(text) if generator in tables.GENERATORS}


def change(value: Any) -> Any:
    """The same value with other digits."""
    if isinstance(value, dict):
        return {key: change(each) for key, each in value.items()}
    if isinstance(value, list):
        return [change(each) for each in value]
    if isinstance(value, str):
        return re.sub("[0-8]", lambda digit: str(int(digit[0]) + 1), value)
    return value if value is None else 2 * value + 1


@pytest.mark.parametrize("name", NAMES)
def test_a_file_says_where_its_numbers_are_from(name: str) -> None:
    result = tables.read_result(name)
    assert re.fullmatch("[0-9a-f]{40}", result["commit"])
    assert result["environment"]["cpu"]
    assert result["title"]
    assert sum(kind in result for kind in KINDS) == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_marker_of_a_page_has_a_generator(page: Path) -> None:
    generators = {**tables.GENERATORS, **reference.GENERATORS}
    assert {generator for generator, _ in markers(page.read_text())} <= generators.keys()


def test_a_count_is_that_of_its_row_and_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["150", "1 of 2 (50 %)"], ["all", "3 of 4 (75 %)"]]
    (tmp_path / "rates.json").write_text(json.dumps({"rows": rows}))
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    assert tables.format_count("rates/all/1") == "3 of 4"


def test_every_file_is_cited() -> None:
    assert {name for path in PAGES for name in cited(path.read_text())} == {*NAMES}


def test_readme_is_short() -> None:
    assert len(tables.README.read_text().splitlines()) <= 150


def test_an_excerpt_ends_where_its_file_says() -> None:
    session = [{"command": "c", "output": ["one", "two", "three"]}]
    assert tables.format_session(session, "two") == "```text\n$ c\none\n...\n```"
    assert tables.format_session(session, None) == "```text\n$ c\none\ntwo\nthree\n```"
    assert "..." not in tables.format_session(session, "no such line")


def test_text_after_a_marker_without_an_end_stays() -> None:
    marker, value = "<!-- value: costs/short-sweep -->", tables.format_value("costs/short-sweep")
    assert value.endswith(" s")
    text = f"<!-- tasks: all --> between {marker} after {marker}old<!-- end -->."
    shown = f"{marker}{value}<!-- end -->"
    assert tables.update_markers(text) == f"<!-- tasks: all --> between {shown} after {shown}."


def test_an_unknown_marker_of_a_page_is_an_error() -> None:
    with pytest.raises(KeyError):
        tables.fill_markers("<!-- nothing: all -->", tables.GENERATORS)
