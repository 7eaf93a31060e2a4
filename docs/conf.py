"""Configuration of the documentation site; `make docs` builds it."""

from __future__ import annotations

import sys
import tomllib
from hashlib import sha256
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # `docs` is no installed package

from docs import reference, tables  # noqa: E402

ROOMS = ("linrnn", "tracking", "experiments")

project = "linrnn"
author = "the linrnn contributors"
copyright = "2026, the linrnn contributors"
release = version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
language = "en"

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx_design"]
exclude_patterns = ["_build", "data", "results", "**.ipynb_checkpoints"]
default_role = "literal"  # `name` in docstrings is code
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]  # types in signatures, most of which have no page

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "linrnn"
html_show_sourcelink = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_sidebars: dict[str, list[str]] = {"index": []}
html_theme_options = {
    "navigation_with_keys": False,
    "navbar_align": "left",
    "show_nav_level": 2,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "back_to_top_button": False,
}


def digest_code() -> str:
    """Return a digest of the code that notebooks run, so that they are executed again when it has changed."""
    files = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]


nb_execution_mode = "cache"
nb_execution_cache_path = str(ROOT / "docs" / "_build" / "notebooks" / digest_code())
nb_execution_in_temp = True  # stores that a notebook writes stay out of docs
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # nothing is loaded from elsewhere


def fill_page(app: Sphinx, page: str, content: list[str]) -> None:
    """Put what the markers of a Markdown page name in their places."""
    if str(app.env.doc2path(page)).endswith(".md"):
        generators = {**tables.GENERATORS, **reference.GENERATORS}
        content[0] = tables.fill_markers(content[0], generators)


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("source-read", fill_page)
