"""Addresses of stores: read from the environment, checked, and printed without passwords."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.workflows.ui_server import print_links
from tracking.mlflow_ui.links import base_url
from tracking.store.access import locate_store
from tracking.store.server_address import VARIABLE, read_address, require_server, require_studies, strip_login
from tracking.store.urls import hide_passwords, sqlite_url
from tracking.store_errors import ServerAwayError

SAFE = st.characters(categories=["L", "N"], include_characters="/?#@:%'\"!$&-.")
ADDRESS = "http://somebody:geheim@host:5000"


@given(
    st.text(SAFE, min_size=1).filter(lambda text: "geheim" not in text), st.sampled_from(["{}", "at {}; no", "'{}'"])
)
def test_a_password_is_never_in_a_message_whatever_its_characters_are(more: str, sentence: str) -> None:
    for password in (f"geheim{more}", f"{more}geheim", "geheim"):
        text = sentence.format(f"postgresql://user:{password}@host:5432/name")
        hidden = hide_passwords(text)
        assert "geheim" not in hidden
        assert hidden == sentence.format("postgresql://user:***@host:5432/name")


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:5000/#/experiments/1", "sqlite:////a/b.db", "a@b.c: no", "file:///x:y"]
)
def test_what_has_no_password_stays_as_it_is(text: str) -> None:
    assert hide_passwords(text) == text


def test_the_password_of_a_server_is_in_no_name_link_or_representation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, ADDRESS)
    store = locate_store(None)
    assert store.tracking_uri == ADDRESS
    monkeypatch.setattr("experiments.workflows.ui_server.all_links", lambda _, base: {"sine": base})
    print_links(store, base_url(store), "MLflow UI")
    assert "geheim" not in store.name + repr(store) + base_url(store) + capsys.readouterr().out
    assert base_url(store) == strip_login(ADDRESS) == "http://host:5000"


def test_a_relative_address_is_the_store_of_the_current_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    own = locate_store(None)
    monkeypatch.setenv(VARIABLE, "sqlite:///mlflow.db")
    assert read_address() == sqlite_url(tmp_path / "mlflow.db")
    assert locate_store(None) == own
    monkeypatch.setenv(VARIABLE, "sqlite:///else/where.db")
    assert locate_store(None).name == str(tmp_path / "else" / "where.db")
    assert locate_store(tmp_path) == own  # as it is named


@pytest.mark.parametrize(
    "address", ["http://host:5000", "postgresql:///name", "databricks://profile", "postgresql://h/n"]
)
def test_other_addresses_are_left_to_mlflow(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv(VARIABLE, address)
    assert read_address() == address


@pytest.mark.parametrize(
    ("address", "open_it"),
    [
        ("http://u:geheim@nowhere.invalid:5000", require_server),
        ("postgresql://u:geheim@nowhere.invalid/db", require_server),
        ("postgresql://u:geheim@nowhere.invalid/db", require_studies),
    ],
)
def test_a_name_that_is_looked_up_for_minutes_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, address: str, open_it: Callable[[str], None]
) -> None:
    done = Event()
    monkeypatch.setattr("tracking.store.server_address.SECONDS", 0.1)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: done.wait(60))
    started = time.monotonic()
    with pytest.raises(ServerAwayError, match="host name is not resolved") as caught:
        open_it(address)
    done.set()
    assert time.monotonic() - started < 20
    assert "geheim" not in str(caught.value)
