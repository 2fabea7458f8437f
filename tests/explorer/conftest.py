"""The explorer's scripts in a real Chromium."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

import hf_ablate.explorer


SCRIPTS = Path(hf_ablate.explorer.__file__).parent / "js"


@pytest.fixture(scope="module")
def load_scripts(browser) -> Callable[..., Page]:
    """Opens a blank page with some of the explorer's scripts, by name, whose functions `evaluate` then knows."""

    def load(*names: str) -> Page:
        page = browser.new_page()
        scripts = [(SCRIPTS / name).read_text(encoding="utf-8") for name in names]
        page.add_script_tag(content="\n".join(['"use strict";', *scripts]))
        return page

    return load
