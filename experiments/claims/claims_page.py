"""Claims as Markdown: the table of verdicts, and a section for each claim with its numbers and figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.claims.claim import ClaimResult, ClaimVerdict
from experiments.report.html import figure_files
from tracking.store.disk import write_folder

TITLE = "Claims about linear recurrent networks"
COLUMNS = ("", "claim", "verdict", "condition")


def claims_rows(claims: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Return a row for each claim: letter, title, verdict and condition."""
    return [(f"({each['id']})", each["title"], each["verdict"], each["condition"]) for each in claims]


def format_claims_table(claims: Sequence[Mapping[str, Any]]) -> str:
    """Return the table of verdicts as Markdown."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *claims_rows(claims)]
    return "\n".join(f"| {' | '.join(escape(cell) for cell in line)} |" for line in lines)


def format_claim(claim: Mapping[str, Any], image: str) -> str:
    """Return the section of a claim as Markdown, with its figure at `image`."""
    numbers = [f"| {escape(name)} | {format_number(value)} |" for name, value in claim["numbers"].items()]
    return "\n".join(
        [
            f"## ({claim['id']}) {claim['title']}",
            "",
            f"> {claim['claim']}",
            "",
            f"**{claim['verdict']}**{'' if claim['verdict'] == ClaimVerdict.HOLDS_IF else ':'} {claim['condition']}.",
            "",
            f"It reverses: {claim['reversal']}.",
            "",
            f"![Claim {claim['id']}]({image})",
            "",
            claim["caption"],
            "",
            "| what | measured |",
            "| --- | --- |",
            *numbers,
            "",
            f"Again: `{claim['command']}`",
        ]
    )


def format_number(value: Any) -> str:
    """Return a number with three digits, an estimate with its interval, `-` for what is not finite."""
    if isinstance(value, list):
        middle, low, high = (format_number(each) for each in value)
        return f"{middle} ({low} to {high})"
    return "-" if value is None else f"{value:.3g}"


def escape(text: str) -> str:
    """Return a text for a cell of a table."""
    return text.replace("|", "\\|")


def write_page(folder: Path, results: Sequence[ClaimResult]) -> None:
    """Write claims.md, and the figures with their numbers, into a folder that the user named."""
    claims = [each.to_json() for each in results]
    sections = [format_claim(each.to_json(), f"{each.picture.name}.png") for each in results]
    page = "\n\n".join([f"# {TITLE}", format_claims_table(claims), *sections]) + "\n"
    write_folder(folder, {"claims.md": page.encode(), **figure_files([each.picture for each in results])})
