"""Tables, transcripts and values of the documentation, from the files of results in docs/results.

`python -m docs.tables` writes them into README and the pages, between markers such as `<!-- result: suite -->` and
`<!-- end -->`. What docs/reference.py generates from the code has an opening marker alone, and is put into the pages
when docs/conf.py builds the site.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
README = DOCS.parent / "README.md"
RESULTS = DOCS / "results"
MARKER = re.compile(
    r"<!-- (?P<generator>[a-z-]+): (?P<argument>[\w./-]+) -->(?:(?P<text>(?:(?!<!-- ).)*)<!-- end -->)?", re.DOTALL
)
ABSENT = "-"  # a cell that was not measured

Generator = Callable[[str], str]


def read_result(name: str) -> dict[str, Any]:
    """Return the content of docs/results/NAME.json."""
    content: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return content


def format_result(name: str) -> str:
    """Return a result in full as Markdown, with the commit and the environment that it was measured with."""
    result = read_result(name)
    return f"{format_body(result)}\n\n{format_origin(result)}"


def format_excerpt(name: str) -> str:
    """Return a result as Markdown without its origin; a transcript up to the line that begins with its `until`."""
    return format_body(read_result(name), excerpt=True)


def format_body(result: Mapping[str, Any], excerpt: bool = False) -> str:
    """Return a table, a transcript, or a table of values."""
    if "session" in result:
        return format_session(result["session"], result.get("until") if excerpt else None)
    if "values" in result:
        rows = [[entry["what"], format_entry(entry)] for entry in result["values"].values()]
        return format_table(["what", "measured"], rows)
    formats = [column.get("format") for column in result["columns"]]
    rows = [[format_cell(value, form) for value, form in zip(row, formats, strict=True)] for row in result["rows"]]
    return format_table([column["name"] for column in result["columns"]], rows)


def format_cell(value: str | float | None, form: str | None) -> str:
    """Return a cell's text: three digits of a float, unless its column has a format of its own."""
    if value is None:
        return ABSENT
    return (form or ("{:.3g}" if isinstance(value, float) else "{}")).format(value)


def format_table(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def format_session(session: list[dict[str, Any]], until: str | None) -> str:
    """Return commands and their output as one code block, without the lines from `until` on."""
    lines = []
    for step in session:
        lines += [f"$ {step['command']}", *step["output"]]
    if until is not None:
        end = next((k for k, line in enumerate(lines) if line.startswith(until)), len(lines))
        lines = [*lines[:end], "..."] if end < len(lines) else lines
    return "\n".join(["```text", *lines, "```"])


def format_machine(name: str) -> str:
    """Return the machine that a result was measured on."""
    return str(read_result(name)["environment"]["cpu"])


def format_value(path: str) -> str:
    """Return one value of a file of values, such as costs/default-sweep: `70 s`."""
    name, _, key = path.partition("/")
    return format_entry(read_result(name)["values"][key])


def format_count(path: str) -> str:
    """Return the count in a cell of a table by row and column, such as calibration/all/2: `0 of 200`."""
    name, row, column = path.split("/")
    cells = next(cells for cells in read_result(name)["rows"] if cells[0] == row)
    return str(cells[int(column)]).partition(" (")[0]


def format_entry(entry: Mapping[str, Any]) -> str:
    """Return a value or a range with its unit."""
    number = f"{entry['low']} to {entry['high']}" if "low" in entry else str(entry["value"])
    return f"{number} {entry['unit']}".rstrip()


def format_claim_section(path: str) -> str:
    """Return the section of one claim of a file of claims, such as claims/e: verdict, reversal, figure, numbers."""
    from experiments.claims.claims_page import format_claim  # imports matplotlib

    name, _, letter = path.partition("/")
    claim = next(each for each in read_result(name)["claims"] if each["id"] == letter)
    return format_claim(claim, f"images/claims-{letter}.png")


def format_origin(result: Mapping[str, Any]) -> str:
    """Return the sentence that names commit and environment."""
    environment = dict(result["environment"])
    machine = environment.pop("cpu")
    versions = "".join(f"; {name} {value}" for name, value in environment.items())
    note = f" {result['note']}" if "note" in result else ""
    return f"*Measured at commit `{result['commit'][:7]}` on {machine}{versions}.{note}*"


GENERATORS: Mapping[str, Generator] = {
    "result": format_result,
    "excerpt": format_excerpt,
    "machine": format_machine,
    "value": format_value,
    "count": format_count,
    "claim": format_claim_section,
}


def fill_markers(text: str, generators: Mapping[str, Generator]) -> str:
    """Return the text with what each marker names in its place."""
    return MARKER.sub(lambda marker: generators[marker["generator"]](marker["argument"]), text)


def update_markers(text: str) -> str:
    """Return the text with each result, as it is in its file, between its markers."""

    def update(marker: re.Match[str]) -> str:
        if marker["generator"] not in GENERATORS:
            return marker[0]
        generated = GENERATORS[marker["generator"]](marker["argument"])
        separator = "\n" if "\n" in generated else ""
        return f"<!-- {marker['generator']}: {marker['argument']} -->{separator}{generated}{separator}<!-- end -->"

    return MARKER.sub(update, text)


def pages() -> list[Path]:
    """Return README and the Markdown pages of the site."""
    return [README, *sorted(path for path in DOCS.rglob("*.md") if not {"_build", "results"} & {*path.parts})]


def main() -> None:
    """Write all results again into README and the pages."""
    for path in pages():
        path.write_text(update_markers(path.read_text()))


if __name__ == "__main__":
    main()
