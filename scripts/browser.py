"""A real browser for pictures and tests of the Temporal UI: the Chromium of the system, without a window."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
GIVEN: Final = "CAREPATH_TEST_CHROMIUM"
MISSING: Final = (
    "No Chromium on this machine. Run `make tools` (as root on Debian), or "
    "`sudo apt-get install chromium fonts-noto-cjk fonts-noto-color-emoji`, or name its program in "
    f"{GIVEN}. The Temporal UI is looked at in a real browser."
)
# The sandbox needs rights that containers do not give, and /dev/shm is small there. Nothing but our pages is opened,
# and the browser must not call its maker.
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)


class NoChromium(RuntimeError):
    """There is no browser; the message says what to install."""


def find_chromium() -> str:
    """The program: the one named in the environment, else the first on the PATH. Raises NoChromium."""
    given = os.environ.get(GIVEN, "")
    if given and not os.access(given, os.X_OK):
        raise NoChromium(f"{GIVEN} names {given}, which is no program. {MISSING}")
    found = given or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        raise NoChromium(MISSING)
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, started; closed at the end. Raises NoChromium."""
    program = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
