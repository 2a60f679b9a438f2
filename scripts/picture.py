"""The picture of the README made anew: one patient of the demo in the Temporal UI, with something for a person to do.

``make picture``. The whole system runs for about two minutes, with the real pressures and the stated habits of the
patient; the care team stops looking after a while, so that the next trouble is still open when the picture is taken.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import expect
from rich.console import Console

from carepath.demo.life import Life, Posted
from carepath.demo.link import Link
from carepath.demo.people import Cast, Person, cast_of, read_cast
from carepath.demo.run import PATHWAY, Demo, Options
from carepath.demo.staff import Team
from carepath.server.process import free_port
from scripts.browser import chromium

Json = Any
FILE: Final = Path(__file__).resolve().parent.parent / "docs" / "images" / "temporal-ui.png"
SIZE: Final = {"width": 1500, "height": 1000}
PATIENT: Final = 8
"""Whose picture: pressures above the goal, and medicines that the pharmacy does not hand over at once."""
PACE: Final = 0.5
"""Days a second: slow enough that the picture is of the trouble and not of what came after it."""
TEAM_UNTIL: Final = 12
"""Day from which nobody does what is on the worklist."""
AT_MOST: Final = 400.0
"""Wall seconds until there must have been a trouble."""


async def live(demo: Demo, person: Person, cast: Cast) -> Json:
    """Let the patient live until something is wrong and in a person's hands, take the picture; the record of then.

    Raises:
        TimeoutError: nothing was wrong for too long.
        RuntimeError: the API refused the patient.
    """
    link = Link(demo.url)
    try:
        await _enrol(link, person)
        life = asyncio.create_task(Life(person, cast, link, Posted()).live())
        team = asyncio.create_task(Team(link, dict(cast.staff)).work())
        try:
            async with asyncio.timeout(AT_MOST):
                record = await _trouble(link, person, team)
            await asyncio.to_thread(take, address_of(demo, person.key), FILE)
            return record
        finally:
            life.cancel()
            team.cancel()
            await asyncio.gather(life, team, return_exceptions=True)
    finally:
        await link.close()


async def _trouble(link: Link, person: Person, team: asyncio.Task[None]) -> Json:
    while True:
        record = await link.get(f"patients/{person.key}/record")
        now = datetime.fromisoformat(record["clock"]["now"])
        if (now - person.joins).days >= TEAM_UNTIL:
            team.cancel()
            if record["tasks"] and record["flags"]:
                return record
        await asyncio.sleep(0.1)


async def _enrol(link: Link, person: Person) -> None:
    new, body = person.registration(), person.enrolment(PATHWAY, PACE)
    for path, document in (("patients", new), ("enrolments", body)):
        status, answer = await link.post(path, document, f"{path}-{person.key}")
        if status >= 400:
            raise RuntimeError(f"{path}: {answer.get('detail')}")


def address_of(demo: Demo, key: str) -> str:
    """Where the Temporal UI tells about the patient's present run in words."""
    assert demo.temporal is not None and demo.temporal.ui_url is not None
    ui = demo.temporal.ui_url
    with urllib.request.urlopen(f"{ui.replace('/namespaces/', '/api/v1/namespaces/')}/{key}", timeout=10) as answer:
        run = json.load(answer)["workflowExecutionInfo"]["execution"]["runId"]
    return f"{ui}/{key}/{run}/user-metadata"


def take(address: str, file: Path) -> None:
    """Keep the page, once it is decoded, as a picture. Raises NoChromium; AssertionError when it stays sealed."""
    with chromium() as browser:
        page = browser.new_page(viewport=SIZE, locale="en-GB", timezone_id="UTC")  # type: ignore[arg-type]
        page.goto(address)
        details = page.frame_locator("iframe").last.locator("body")
        expect(details).to_contain_text("下一步：", timeout=30_000)
        expect(page.locator("main")).to_contain_text("下一步：", timeout=30_000)
        page.wait_for_function("document.fonts.status === 'loaded'")
        page.screenshot(path=file)


def main() -> None:
    """Make the picture."""
    console = Console()
    cast = read_cast()
    person = next(p for p in cast_of(cast, "picture", len(cast.patients)) if p.number == PATIENT)
    with tempfile.TemporaryDirectory(prefix="carepath-picture-") as home:
        demo = Demo(Options(home=Path(home), pace=PACE, patients=0, ui_port=free_port()), console)
        try:
            demo.set_up()
            record = asyncio.run(live(demo, person, cast))
        finally:
            demo.tear_down()
    console.print(record["sheet"], highlight=False)
    console.print(f"{FILE.relative_to(FILE.parents[2])} is made: look at it before it is committed.", soft_wrap=True)


if __name__ == "__main__":
    main()
