"""A real Chromium for the tests of the explorer."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import hf_ablate.explorer


SCRIPTS = Path(hf_ablate.explorer.__file__).parent / "js"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. It lives for a module only: while Playwright is open, nothing else can use asyncio."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        missing = f"there is no Chromium, tried {', '.join(CHROMIUM)}; on Debian: apt-get install chromium"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    with sync_playwright() as playwright:
        with playwright.chromium.launch(executable_path=found) as browser:
            yield browser


@pytest.fixture(scope="module")
def load_scripts(browser) -> Callable[..., Page]:
    """Opens a blank page with some of the explorer's scripts, by name, whose functions `evaluate` then knows."""

    def load(*names: str) -> Page:
        page = browser.new_page()
        scripts = [(SCRIPTS / name).read_text(encoding="utf-8") for name in names]
        page.add_script_tag(content="\n".join(['"use strict";', *scripts]))
        return page

    return load
