"""Text that reaches a terminal steers nothing and ends, whatever a name contains."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.cli.terminal_table import plain_table
from experiments.cli.terminal_text import LONGEST_MESSAGE, WIDTH, one_line, printable, wrap_paragraph
from tests.conftest import Golden, Here

HOSTILE = ["\x1b[31m", "\x07", "\x9b2J", "\u202e", "\u2066", "\u200f", "\x00", "\ud800", "\x7f", "\u2028"]


@pytest.mark.parametrize("mark", HOSTILE)
def test_controls_and_marks_of_direction_are_escaped(mark: str) -> None:
    assert mark not in printable(f"a{mark}b")
    assert mark[0] not in plain_table(("name",), [(f"a{mark}b",)])


@given(st.text())
def test_no_text_steers_and_no_message_is_long(text: str) -> None:
    shown = one_line(text)
    assert len(shown) <= LONGEST_MESSAGE
    assert not {unicodedata.category(each) for each in shown} & {"Cc", "Cf", "Cs"}


@pytest.mark.parametrize("text", ["sales.csv", "Zürich", "売上", "مبيعات", "a\tb\nc", "x²"])
def test_other_text_is_as_it_was(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("mark", HOSTILE[:7])
def test_names_on_the_command_line_are_escaped_in_messages(mark: str, here: Here, golden: Golden) -> None:
    code, out, said = here("show", f"a{mark}b" * 200, "--store", str(golden.store.folder))
    assert (code, out, len(said.splitlines())) == (2, "", 1)
    assert mark not in said
    assert len(said) <= LONGEST_MESSAGE + 1


@given(st.lists(st.text("ab-/.", min_size=1, max_size=120), min_size=1), st.sampled_from((0, 2)))
def test_a_paragraph_is_wrapped_and_no_word_is_broken(words: list[str], indent: int) -> None:
    lines = wrap_paragraph(" ".join(words), indent).split("\n")
    assert " ".join(lines).split() == words
    assert all(len(line) <= WIDTH or len(line.split()) == 1 for line in lines)
    assert [len(line) - len(line.lstrip()) for line in lines] == [indent, *[indent + 2] * (len(lines) - 1)]


def test_a_percent_sign_stays_beside_its_number() -> None:
    assert wrap_paragraph("a" * 75 + " 100 % of it") == "a" * 75 + "\n  100 % of it"
