"""Study files: what they name, and what is wrong with others, in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Here

WRONG = {
    "": "names no task",
    "tasks = 'sine'": "no list of names",
    "tasks = [1]": "no list of names",
    "tasks = ['nothing']": "nothing",
    "tasks = ['sine']\nmodels = ['nothing']": "nothing",
    "tasks = ['sine']\nepoch = 3": "'epoch' is none of",
    "tasks = ['sine']\nset = 3": "no table",
    "tasks = ['sine']\ntrials = [3]": "no text or number",
    "tasks = ['sine']\ntrials = 0": "trials",
    "tasks = ['sine']\n[set]\n'training.clip' = 1": "training.clip",
    "tasks = [": "cannot be read as TOML",
    "\x00": "cannot be read as TOML",
    f"tasks = ['{'x' * 300}']": "unknown task",
    f"a = {'[' * 5000}": "cannot be read as TOML",
    f"seed = {'9' * 5000}": "cannot be read as TOML",
}


@pytest.mark.parametrize("content", WRONG, ids=lambda content: content[:20])
def test_what_is_wrong_is_said_and_nothing_is_written(content: str, here: Here, tmp_path: Path) -> None:
    Path("study.toml").write_text(content)
    code, out, said = here("sweep", "study.toml")
    assert (code, out, len(said.splitlines())) == (2, "", 1), said
    assert WRONG[content] in said
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


def test_a_study_file_is_a_sweep_and_options_replace_what_it_says(here: Here, tmp_path: Path) -> None:
    content = "tasks = ['sine']\nmodels = ['linear']\ntrials = 3\nepochs = 5\n[set]\n'training.clip_norm' = 2.5\n"
    Path("study.toml").write_text(content)
    code, out, _ = here("sweep", "study.toml", "--epochs", "4", "--replicas", "2", "--dry-run")
    assert code == 0
    assert "3 of 4 epochs, 2 replicas" in " ".join(out.split())
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


def test_more_tasks_than_the_file_names_are_refused(here: Here, tmp_path: Path) -> None:
    Path("study.toml").write_text("tasks = ['sine']")
    assert here("sweep", "study.toml", "xor")[0] == 2
