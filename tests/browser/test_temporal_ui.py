"""The Temporal UI in a real browser: a coordinator reads how a patient is; nobody else can, and the file holds none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import COORDINATOR, PATIENT, STRANGER, Looked
from tests.integration.privacy.marks import hits
from tests.integration.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.timeout(240)]

SHEET = ("高血压居家随访", "第一周", "第0天", "红色警报", "血压极高", "下一步：", "未完成任务", "190 / 110 mmHg")
"""Phase, day, what is wrong, what is due next, who has it, the newest reading."""
SUMMARIES = ("已加入高血压居家随访", "首次读数", "已请求复测", "已确认", "护士任务", "任务已认领", "下一步：")
"""What the summaries of the timers say was decided and what comes next."""
WITHIN = 30_000


@contextmanager
def opened(browser: Browser, token: str = "") -> Iterator[Page]:
    """A page of somebody's own; with a token, their requests carry it, as a gateway with a login would have it."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    context = browser.new_context(
        extra_http_headers=headers, locale="en-GB", timezone_id="UTC", viewport={"width": 1500, "height": 1000}
    )
    context.set_default_timeout(WITHIN)
    try:
        yield context.new_page()
    finally:
        context.close()


def filtered(query: str) -> str:
    """A filter of the list of runs, as its address has it."""
    return f"?query={quote(query)}"


def everything(page: Page) -> str:
    """All that the page holds, also what is not seen: the Markdown of the details stands in a frame of its own."""
    return "\n".join(frame.content() for frame in page.frames)


def test_a_coordinator_reads_phase_day_trouble_and_what_is_next(looked: Looked, browser: Browser) -> None:
    with opened(browser, COORDINATOR) as page:
        page.goto(looked.run("user-metadata"))
        details = page.frame_locator("iframe").last.locator("body")
        expect(details).to_contain_text("下一步：", timeout=WITHIN)
        lines = [line.strip() for line in details.inner_text().splitlines() if line.strip()]
        assert lines[0] == "高血压居家随访：第一周，第0天"
        assert lines[1].startswith("异常：红色警报（血压极高）")
        assert lines[2].startswith("下一步：")
        assert lines[3] == "未完成任务：血压极高（护士）"
        assert lines[4].startswith("血压：190 / 110 mmHg（")
        room = page.locator("iframe").last.bounding_box()
        last = details.get_by_text("190 / 110 mmHg").bounding_box()
        assert room is not None
        assert last is not None
        assert last["y"] + last["height"] <= room["y"] + room["height"]


def test_every_timer_says_what_was_decided_before_and_what_comes_next(looked: Looked, browser: Browser) -> None:
    with opened(browser, COORDINATOR) as page:
        page.goto(looked.run("user-metadata"))
        expect(page.locator("main")).to_contain_text("任务已认领", timeout=WITHIN)
        summaries = [line for line in page.locator("main").inner_text().splitlines() if "下一步：" in line]
        assert len(summaries) >= 3
        text = "\n".join(summaries)
        assert [said for said in SUMMARIES if said not in text] == [], text
        assert [one for one in summaries if one.startswith("下一步：")] == []
        page.goto(looked.run("history"))
        expect(page.locator("main")).to_contain_text("任务已认领", timeout=WITHIN)


def _away(route: Route) -> None:
    route.abort()


@pytest.mark.parametrize("who", ["nobody", "stranger", "no endpoint"])
def test_whoever_may_not_reads_nothing(looked: Looked, browser: Browser, who: str) -> None:
    token = {"stranger": STRANGER, "no endpoint": COORDINATOR}.get(who, "")
    with opened(browser, token) as page:
        if who == "no endpoint":
            page.route("**/codec/**", _away)
        page.goto(looked.run("user-metadata"))
        expect(page.get_by_text("Decoding failed").first).to_be_visible(timeout=WITHIN)
        expect(page.frame_locator("iframe").last.locator("body")).to_contain_text("No Current Details", timeout=WITHIN)
        shown = everything(page)
        page.goto(looked.run("history"))
        expect(page.get_by_text("PatientJourney").first).to_be_visible(timeout=WITHIN)
        expect(page.get_by_text("Event History").first).to_be_visible(timeout=WITHIN)
        shown += everything(page)
    assert PATIENT in shown
    assert [said for said in (*SHEET, *SUMMARIES) if said in shown] == []


def test_the_database_holds_none_of_it(looked: Looked) -> None:
    files = sorted(looked.temporal.folder.glob("*.db*"))
    assert looked.temporal.database in files
    kept = b"".join(file.read_bytes() for file in files)
    assert PATIENT.encode() in kept
    assert hits(kept, (*SHEET, *SUMMARIES, "112 mmHg")) == set()


def test_the_list_of_runs_shows_and_finds_by_the_search_attributes(looked: Looked, browser: Browser) -> None:
    wanted = {
        "CareFlags": "red",
        "CarePathways": "hypertension_home",
        "CarePhases": "hypertension_home.baseline",
        "CareStatus": "active",
        "CareSite": "example_cn",
        "CareTier": "mild",
        "CareOpenTasks": "1",
    }
    with opened(browser) as page:
        page.goto(looked.listed + filtered('CareFlags="red"'))
        page.get_by_test_id("workflows-summary-table-configuration-button").click()
        for name in wanted:
            page.get_by_label(f"Add {name} column").click()
        page.keyboard.press("Escape")
        row = page.locator("tr", has_text=PATIENT)
        expect(row).to_have_count(1, timeout=WITHIN)
        for value in wanted.values():
            expect(row).to_contain_text(value, timeout=WITHIN)
        page.goto(looked.listed + filtered('CareFlags="amber"'))
        expect(page.get_by_role("heading", name="No Results")).to_be_visible(timeout=WITHIN)
        expect(page.locator("tr", has_text=PATIENT)).to_have_count(0)


def test_what_it_says_is_of_now(looked: Looked, browser: Browser) -> None:
    """A nurse does the task: the sheet of the running patient says so."""
    stack = looked.stack
    (task,) = stack.get("tasks", patient=PATIENT)["tasks"]
    role = {"role": task["role"]}
    assert stack.post(f"tasks/{task['id']}/complete", {**role, "form": {}}).status_code == 200
    until(lambda: not stack.get("tasks", patient=PATIENT)["tasks"], within=60)
    with opened(browser, COORDINATOR) as page:
        page.goto(looked.run("user-metadata"))
        details = page.frame_locator("iframe").last.locator("body")
        expect(details).to_contain_text("无未完成任务", timeout=WITHIN)
