"""The report's page as a browser shows it: Debian's Chromium, without a network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import selenium_axe_python
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

_CHROMIUM, _DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
_FEWER_ALIKE = """
for (const item of document.querySelectorAll("tbody tr:nth-child(n+4), .clouds figure:nth-child(n+3)")) item.remove();
"""
"""Rows and clouds are all alike, and axe needs seconds for hundreds of them."""
_AXE = Path(selenium_axe_python.__file__).parent / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        _CHROMIUM is None or _DRIVER is None, reason="there is no Chromium with its driver (chromium, chromium-driver)"
    ),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(_CHROMIUM)
    for flag in _FLAGS.split():
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(_DRIVER)))
    driver.set_window_size(1280, 900)
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser: webdriver.Chrome, reported: Path) -> webdriver.Chrome:
    """The browser with the page freshly opened, in light colours."""
    prefer(browser, "light")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get((reported / "index.html").as_uri())
    return browser


def prefer(browser: webdriver.Chrome, scheme: str) -> None:
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def until(browser: webdriver.Chrome, condition: Callable[[webdriver.Chrome], Any]) -> Any:
    return WebDriverWait(browser, 10).until(condition)


def test_page_opens_without_an_error_and_asks_no_network(opened: webdriver.Chrome, reported: Path) -> None:
    opened.find_element(By.CSS_SELECTOR, "#figure-roc .enlarge").click()
    assert opened.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    asked = {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}
    assert (reported / "index.html").as_uri() in asked
    assert {url.partition(":")[0] for url in asked - {(reported / "index.html").as_uri()}} <= {"data"}


def test_tables_sort_by_mouse_and_keyboard(opened: webdriver.Chrome) -> None:
    table = opened.find_element(By.XPATH, "//table[caption='Precision, recall, F1 and support']")
    header = table.find_elements(By.CSS_SELECTOR, "thead th")[1]
    header.find_element(By.TAG_NAME, "button").click()
    assert header.get_attribute("aria-sort") == "descending"
    assert column(table, 1) == sorted(column(table, 1), reverse=True)
    header.find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
    assert header.get_attribute("aria-sort") == "ascending"
    assert column(table, 1) == sorted(column(table, 1))
    first = table.find_element(By.CSS_SELECTOR, "thead th button")
    first.send_keys(Keys.SPACE)
    names = [cell.text for cell in table.find_elements(By.CSS_SELECTOR, "tbody th")]
    assert names == sorted(names)
    assert len(names) == 20


def column(table: WebElement, position: int) -> list[float]:
    rows = table.find_elements(By.CSS_SELECTOR, "tbody tr")
    return [float(row.find_elements(By.CSS_SELECTOR, "th, td")[position].text) for row in rows]


def test_every_figure_says_what_it_shows(opened: webdriver.Chrome) -> None:
    pictures = opened.find_elements(By.CSS_SELECTOR, "figure [role=img]")
    told = [picture.get_attribute("aria-label") or "" for picture in pictures]
    assert [len(told)] * 2 == [len(opened.find_elements(By.TAG_NAME, tag)) for tag in ("figure", "svg")]
    assert all(len(text) > 30 for text in told)
    assert len(set(told)) == len(told)


def test_a_figure_is_enlarged_and_zoomed_by_keyboard(opened: webdriver.Chrome) -> None:
    button = opened.find_element(By.CSS_SELECTOR, "#figure-confusion-counts .enlarge")
    small = width(opened, "#figure-confusion-counts svg")
    opened.execute_script("arguments[0].focus()", button)
    button.send_keys(Keys.ENTER)
    until(opened, lambda page: page.find_elements(By.CSS_SELECTOR, "dialog[open] svg"))
    fitted = width(opened, "dialog svg")
    opened.switch_to.active_element.send_keys("+++")
    assert width(opened, "dialog svg") > 1.5 * fitted
    opened.switch_to.active_element.send_keys("0")
    assert width(opened, "dialog svg") == pytest.approx(fitted, abs=1)
    opened.switch_to.active_element.send_keys(Keys.ESCAPE)
    until(opened, lambda page: not page.find_elements(By.CSS_SELECTOR, "dialog[open]"))
    assert width(opened, "#figure-confusion-counts svg") == pytest.approx(small, abs=1)
    assert opened.switch_to.active_element == button


def width(browser: webdriver.Chrome, selector: str) -> float:
    return float(browser.find_element(By.CSS_SELECTOR, selector).rect["width"])


def test_colours_follow_the_system_and_the_button(opened: webdriver.Chrome) -> None:
    light = opened.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    prefer(opened, "dark")
    dark = opened.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    assert light != dark
    opened.refresh()
    opened.find_element(By.ID, "theme").click()
    assert opened.find_element(By.TAG_NAME, "body").value_of_css_property("background-color") == light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_accessibility_problem(opened: webdriver.Chrome, scheme: str) -> None:
    prefer(opened, scheme)
    opened.execute_script(_FEWER_ALIKE)
    opened.execute_script(_AXE.read_text(encoding="utf-8"))
    found = opened.execute_async_script("axe.run({exclude: ['svg']}).then(arguments[arguments.length - 1])")
    serious = [item for item in found["violations"] if item["impact"] in ("serious", "critical")]
    assert [(item["id"], [node["target"] for node in item["nodes"]][:3]) for item in serious] == []
    assert {"color-contrast", "aria-allowed-attr"} <= {item["id"] for item in found["passes"]}


def test_nothing_sticks_out_on_a_telephone(opened: webdriver.Chrome) -> None:
    opened.set_window_size(500, 900)
    try:
        assert opened.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    finally:
        opened.set_window_size(1280, 900)
