"""Text on a terminal: whatever names, tags and files contain, it shows characters and steers nothing."""

from __future__ import annotations

import re
import textwrap
import unicodedata

import click

LONGEST_MESSAGE = 500  # characters of an error
UNBROKEN = "\N{NO-BREAK SPACE}"
WIDTH = 80  # columns of paragraphs and of plain tables
STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"}  # categories: controls, directions, halves of characters
PLAIN = re.compile(r"[ -~\n\t]*")


def printable(text: str) -> str:
    """Return a text whose controls and marks of direction are escaped, except line ends and tabs."""
    if PLAIN.fullmatch(text):
        return text
    return "".join(escape(each) if each not in "\n\t" else each for each in text)


def escape(character: str) -> str:
    """Return a character, or its escape where it would steer a terminal."""
    if unicodedata.category(character) not in STEERING:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def one_line(message: str) -> str:
    """Return a message in one line of bounded length; of a longer one the middle is left out."""
    line = printable(" ".join(message.split()))
    half = (LONGEST_MESSAGE - 5) // 2
    return line if len(line) <= LONGEST_MESSAGE else f"{line[:half]} ... {line[-half:]}"


def echo(text: str = "", err: bool = False, nl: bool = True) -> None:
    """Print a text on stdout or stderr."""
    click.echo(printable(text), err=err, nl=nl)


def wrap_paragraph(text: str, indent: int = 0) -> str:
    """Return a text in lines of at most 80 columns, all but the first indented by 2 more. No word is broken."""
    lines = textwrap.wrap(
        printable(text).replace(" %", f"{UNBROKEN}%"),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace(UNBROKEN, " ")
