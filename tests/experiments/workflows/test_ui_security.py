"""The application of `linrnn ui` answers this machine's pages alone, and none of them runs what a name contains."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import unquote

import pytest

from experiments.workflows.ui_application import create_application
from tracking.runs.query import find_sweeps
from tracking.schema import Tag
from tracking.store.access import Store

EVIL = "http://evil.example"
CREATE = "/api/2.0/mlflow/experiments/create"
HOSTILE = "<img src=x onerror=alert(1)>.csv"


class Page:
    """The application, asked without a socket: status and text of the answer."""

    def __init__(self, store: Store) -> None:
        self.application = create_application(store.folder)

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, str]:
        plain, _, query = path.partition("?")
        every = {"host": "127.0.0.1:5000", "content-type": "application/json", **headers}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(plain),
            "raw_path": plain.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), text.encode()) for name, text in every.items()],
            "server": ("127.0.0.1", 5000),
            "client": ("127.0.0.1", 50000),
        }
        return asyncio.run(self.answer(scope, body))

    async def answer(self, scope: dict[str, Any], body: bytes) -> tuple[int, str]:
        messages: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        await self.application(scope, receive, send)
        content = b"".join(message.get("body", b"") for message in messages)
        return messages[0]["status"], content.decode(errors="replace")


@pytest.fixture
def page(golden_copy: Store) -> Page:
    return Page(golden_copy)


@pytest.mark.long
def test_foreign_hosts_and_origins_are_refused(page: Page, golden_copy: Store) -> None:
    before = golden_copy.runs.experiments()
    for path in ("/start", "/", "/api/2.0/mlflow/experiments/search?max_results=1", "/start/report/x"):
        for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:5000", "localhost.evil.example"):
            assert page.ask(path, host=host)[0] == 403, (path, host)
    for origin in (EVIL, "https://evil.example:5000", "http://127.0.0.1.evil.example", "null"):
        answer = page.ask(CREATE, "POST", json.dumps({"name": "evil"}).encode(), origin=origin)
        assert answer[0] == 403, (origin, answer)
    assert golden_copy.runs.experiments() == before
    assert page.ask("/start")[0] == 200


@pytest.mark.long
@pytest.mark.parametrize("path", ["../../../mlflow.db", "..%2f..%2fmlflow.db", "%00", "%2e%2e", "/etc/passwd"])
def test_no_path_leads_out_of_the_store(path: str, page: Page) -> None:
    status, text = page.ask(f"/start/report/{path}")
    assert status in (200, 404), text  # 200 is MLflow's own page, for addresses that it does not know
    assert "SQLite format" not in text
    assert "root:" not in text


@pytest.mark.long
def test_hostile_names_are_escaped(page: Page, golden_copy: Store) -> None:
    (sweep,) = find_sweeps(golden_copy)
    for tag in (Tag.QUESTION, Tag.CONCLUSION):
        golden_copy.client.set_tag(sweep.run_id, str(tag), HOSTILE)
    _, text = page.ask("/start")
    assert HOSTILE not in text
    assert "&lt;img src=x" in text
    assert HOSTILE not in page.ask(f"/start/report/{HOSTILE}")[1]
