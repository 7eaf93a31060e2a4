"""The start page of `linrnn ui` in a real browser: on a desk and on a phone, and from there to charts and report."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from linrnn.models import DEFAULT_MODELS
from tests.browser.conftest import Swept

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OVERFLOWING = "() => document.documentElement.scrollWidth > innerWidth"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_card_for_each_sweep(page: Page, swept: Swept, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{swept.base}/start")
    (card,) = page.locator("article").all()
    assert card.get_by_role("heading").inner_text() == "sine"
    assert swept.sweep.data.tags["verdict"] in card.inner_text()
    assert swept.sweep.data.tags["conclusion"] in card.inner_text().replace("\u00a0", " ")
    assert card.locator("th").all_inner_texts()[:2] == list(DEFAULT_MODELS)
    assert not page.evaluate(OVERFLOWING)


def test_one_click_to_the_charts_without_the_assistant(page: Page, swept: Swept) -> None:
    page.goto(f"{swept.base}/start")
    page.get_by_role("link", name="charts").click()
    page.get_by_text("val_loss").first.wait_for()
    assert page.get_by_text("confirmation").first.is_visible()
    assert page.evaluate("localStorage.getItem('mlflow.assistant.panelOpen_v1')") == "false"


def test_one_click_to_the_report(page: Page, swept: Swept) -> None:
    page.goto(f"{swept.base}/start")
    page.get_by_role("link", name="report").click()
    page.get_by_role("heading", name="Does sine need the nonlinearity?").wait_for()
    assert page.locator("figure svg").count() > 0


def test_other_hosts_and_unknown_reports_are_refused(swept: Swept) -> None:
    for address, host, code in (("/start", "evil.example", 403), ("/start/report/nothing", "127.0.0.1", 404)):
        request = Request(f"{swept.base}{address}", headers={"Host": host})
        with pytest.raises(HTTPError) as error:
            urlopen(request, timeout=10)
        with error.value as response:
            assert response.code == code
