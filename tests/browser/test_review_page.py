"""The page of a review as a browser shows it, and as people without a mouse use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

NAMES: Final = ("everything", "merge", "worktree", "large")
_USABLE: Final = "a[href], summary, button, input"
# What is closed away is there, and cannot be reached before it is disclosed.
_VISIBLE: Final = f"""Array.from(document.querySelectorAll("{_USABLE}")).filter((each) =>
  each.checkVisibility({{ contentVisibilityAuto: true, visibilityProperty: true }}))"""
_DISCLOSE_ALL: Final = "document.querySelectorAll('details').forEach((each) => each.open = true)"
_OPEN: Final = "Array.from(document.querySelectorAll('details'), (each) => each.open)"

Show = Callable[..., Page]


@pytest.fixture
def show(browser: Browser, pages: dict[str, Path]) -> Iterator[Show]:
    """Shows a page by its name; whatever it complains of or asks for fails the test."""
    contexts, complaints = [], list[str]()

    def show(name: str, *, width: int = 1280, fragment: str = "", **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        address = pages[name].as_uri()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        asked = list[str]()
        page.on("request", lambda request: asked.append(request.url.partition("#")[0]))
        page.goto(address + fragment)
        complaints.extend(url for url in asked if url != address)
        assert asked
        return page

    yield show
    for context in contexts:
        context.close()
    assert complaints == []


def audit(page: Page) -> list[str]:
    """Return what axe has to object to, all of its rules on."""
    found = Axe().run(page).response
    assert len(found["passes"]) > 20
    return [
        f"{rule['id']}: {node['html']}: {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["everything", "merge", "worktree"])
def test_it_is_accessible(show: Show, name: str, scheme: str) -> None:
    page = show(name, color_scheme=scheme)
    assert audit(page) == []
    page.evaluate(_DISCLOSE_ALL)
    assert audit(page) == []


def test_it_is_accessible_in_a_narrow_window(show: Show) -> None:
    assert audit(show("everything", width=320)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_as_light_as_one_likes(show: Show, scheme: str) -> None:
    page = show("everything", color_scheme=scheme)
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = (int(part) for part in color[len("rgb(") : -1].split(","))
    assert (red + green + blue > 600) == (scheme == "light")


@pytest.mark.parametrize("width", [320, 640, 1280])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wider_than_the_window(show: Show, name: str, width: int) -> None:
    page = show(name, width=width)
    page.evaluate(_DISCLOSE_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    beyond = """Array.from(document.body.querySelectorAll("*")).filter((each) =>
      each.getBoundingClientRect().right > innerWidth + 1 && !each.matches(".skip"))
      .map((each) => each.outerHTML.slice(0, 200))"""
    assert page.evaluate(beyond) == []


def focused(page: Page) -> int:
    """Return which of the usable elements has the focus; -1 for none."""
    place: int = page.evaluate(f"{_VISIBLE}.indexOf(document.activeElement)")
    return place


@pytest.mark.parametrize("name", ["everything", "merge", "worktree"])
def test_tab_reaches_all_that_can_be_used(show: Show, name: str) -> None:
    page = show(name)
    page.evaluate(_DISCLOSE_ALL)
    count = page.evaluate(f"{_VISIBLE}.length")
    assert count > 15
    for number in range(count):
        page.keyboard.press("Tab")
        assert focused(page) == number
        style = "getComputedStyle(document.activeElement)"
        assert page.evaluate(f"{style}.outlineStyle") == "solid"
        assert page.evaluate(f"parseFloat({style}.outlineWidth)") >= 2
    page.keyboard.press("Shift+Tab")
    assert focused(page) == count - 2


def test_the_skip_link_skips(show: Show) -> None:
    page = show("everything", reduced_motion="reduce")
    top = "document.querySelector('.skip').getBoundingClientRect().top"
    assert page.evaluate(top) < 0
    page.keyboard.press("Tab")
    assert page.evaluate(top) > 0
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#order"
    reached = page.evaluate("document.getElementById('order').getBoundingClientRect().top")
    assert 0 <= reached < 100
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#order summary') !== null")


@pytest.mark.parametrize("key", ["Enter", "Space"])
@pytest.mark.parametrize("javascript", [True, False])
def test_details_are_disclosed_by_keys(show: Show, key: str, javascript: bool) -> None:
    page = show("everything", java_script_enabled=javascript)
    hidden = page.locator("#signals details")
    item = hidden.locator("li").first
    assert not item.is_visible()
    hidden.locator("summary").focus()
    page.keyboard.press(key)
    assert item.is_visible()
    page.keyboard.press(key)
    assert not item.is_visible()


def test_all_of_it_is_there_without_its_script(show: Show) -> None:
    page = show("everything", java_script_enabled=False)
    assert page.locator(".entry:visible").count() == page.locator(".entry").count() > 10
    assert page.locator("#orphaned .talk .prose").is_visible()
    assert not page.locator("#keys").is_visible()


def test_text_from_elsewhere_stays_text(show: Show) -> None:
    page = show("everything")
    assert page.locator("img").count() == 0
    text = page.locator("body").inner_text()
    assert "<img src=x onerror=alert(1)>" in text
    assert "\\u202e" in text
    assert "\u202e" not in text


def test_motion_is_left_out_for_those_who_want_none(show: Show) -> None:
    moving = """Array.from(document.querySelectorAll("*"), (each) =>
      [each, "::before"].map((part, of) => getComputedStyle(each, of ? part : null)))
      .flat().filter((style) => style.scrollBehavior !== "auto" ||
        parseFloat(style.transitionDuration) > 0 || style.animationName !== "none").length"""
    assert show("everything", reduced_motion="reduce").evaluate(moving) == 0
    assert show("everything", reduced_motion="no-preference").evaluate(moving) > 0


def test_on_paper_all_is_disclosed(show: Show) -> None:
    page = show("everything", java_script_enabled=False, color_scheme="dark")
    closed = page.locator(".quiet .signal").first
    assert not closed.is_visible()
    page.emulate_media(media="print")
    assert closed.is_visible()
    assert not page.locator("aside").is_visible()
    assert not page.locator(".skip").is_visible()


def test_what_was_disclosed_for_paper_is_closed_again(show: Show) -> None:
    page = show("everything")
    before = page.evaluate(_OPEN)
    assert False in before
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert False not in page.evaluate(_OPEN)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(_OPEN) == before


def test_a_link_into_a_closed_file_opens_it(show: Show) -> None:
    page = show("large")
    assert page.locator("details.file").count() == 50
    opened = page.locator("details.file[open]").count()
    assert 0 < opened < 10
    closed = page.locator("details.file:not([open]) .entry").last
    fragment = f"#{closed.get_attribute('id')}"
    target = page.locator(fragment)
    assert not target.is_visible()
    page.evaluate(f"location.hash = '{fragment}'")
    page.wait_for_function(
        f"document.querySelectorAll('details.file[open]').length === {opened + 1}"
    )
    assert target.is_visible()
    assert show("large", fragment=fragment).locator(fragment).is_visible()


def entry_in_focus(page: Page) -> int:
    """Return which entry has the focus; -1 for none."""
    entries = "Array.from(document.querySelectorAll('.entry'))"
    place: int = page.evaluate(f"{entries}.indexOf(document.activeElement)")
    return place


def test_keys_go_from_entry_to_entry(show: Show) -> None:
    page = show("large")
    places = []
    for key in ("j", "j", "j", "k", "Control+j", "j"):
        page.keyboard.press(key)
        places.append(entry_in_focus(page))
    assert places == [0, 1, 2, 1, 1, 2]
    assert page.evaluate("document.activeElement.checkVisibility()")
    page.keyboard.press("o")
    assert page.locator("details.file[open]").count() == 50
    page.keyboard.press("o")
    assert page.locator("details.file[open]").count() == 0
    page.locator("#keys-on").uncheck()
    page.keyboard.press("j")
    assert entry_in_focus(page) == -1
    page.locator("#all-files").click()
    assert page.locator("details.file[open]").count() == 50
