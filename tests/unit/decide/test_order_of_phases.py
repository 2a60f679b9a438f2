"""docs/reference/order.md, part "Phases": a test for each row, of its name."""

from datetime import timedelta

from pathways.decide.effects import Explanation, Incident, Timeline
from tests.unit.decide.world import World, check, library, pathway

BP = """
      measure_bp:
        measure: bp
        when: every day at morning and evening
        window: {opens_before: 1 h, late_after: 2 h, missed_after: 5 h}
"""
CALL = """
      call:
        task: {en: Call, zh: 致电}
        role: nurse
        when: as soon as measure_bp missed 9 times in a row
        due: 1 day
"""
TWO = """
phases:
  one:
    title: {{en: One, zh: 一}}
    {limit}
    steps:{steps}
    {rows}
  two:
    title: {{en: Two, zh: 二}}
    until: day 90 of the phase
    steps:
      hello: {{task: {{en: Hello, zh: 你好}}, role: nurse, when: at phase start, due: 1 day}}
    at_end:
      - {{else: true, end: over}}
ends:
  over: {{}}
"""
REVIEW = """
      review:
        task: {en: Review, zh: 审核}
        role: gp
        when: at phase start
        due: 2 days
        form:
          answer: {one_of: {a: {en: A, zh: 甲}, b: {en: B, zh: 乙}}}
          sure: {yes_no: {en: Sure, zh: 确定}}
"""
OTHER = "      other: {task: {en: Other, zh: 其他}, role: gp, when: at phase start, due: 2 days}\n"
GO_ON = "at_end: [{else: true, go: two}]"


def world(steps: str, rows: str, limit: str = "until: day 30 of the phase") -> World:
    made = World(pathway(TWO.format(limit=limit, steps=steps, rows=rows)))
    made.enrol()
    return made


def done(w: World, ident: str, clock: str, day: int = 0, **form: object) -> None:
    w.task(w.key(ident), "complete", w.day(day, clock), form=form)


def test_the_first_true_row_acts() -> None:
    rows = (
        """leave:
      - {if: review is done and review.sure is yes, go: two}
      - {if: review is done, end: over}
    """
        + GO_ON
    )
    w = world(REVIEW, rows)
    done(w, "review", "09:00", answer="a", sure=True)
    assert w.phases()[-1] == ("0 09:00", "two")


def test_the_first_unknown_row_goes_straight_to_if_unknown() -> None:
    rows = (
        """leave:
      - {if: bp.systolic >= goal and review is done, go: two}
      - {if: unknown, do: [{id: look, task: {en: Look, zh: 查看}, role: gp, due: 1 day}]}
      - {if: review is done, end: over}
    """
        + GO_ON
    )
    w = world(REVIEW, rows)
    assert w.opened("look") == []  # a step that is not done is false, so nothing is unknown
    done(w, "review", "09:00", answer="a", sure=True)
    assert w.opened("look") == ["0 09:00"]
    assert w.phase == "one"


def test_without_if_unknown_the_list_stops_and_nothing_acts() -> None:
    rows = (
        """leave:
      - {if: bp.systolic >= goal, go: two}
      - {if: review is done, end: over}
    """
        + GO_ON
    )
    w = world(REVIEW, rows)
    done(w, "review", "09:00", answer="a", sure=True)
    assert w.status == "active"
    w.bp(120, 70, w.day(0, "10:00"))
    assert w.status == "ended"


def test_a_do_row_acts_once_per_visit_of_the_phase() -> None:
    rows = (
        """leave:
      - {if: bp.systolic >= goal, do: [{id: look, task: {en: Look, zh: 查看}, role: gp, due: 1 day}]}
      - {if: review is done and review.answer is a, go: one, up_to: 3 times, afterwards: {end: over}}
    """
        + GO_ON
    )
    w = world(REVIEW, rows)
    w.bp(140, 80, w.day(0, "09:00"))
    w.bp(141, 80, w.day(0, "10:00"))
    assert w.opened("look") == ["0 09:00"]
    done(w, "review", "11:00", answer="a", sure=True)
    assert w.opened("look") == ["0 09:00", "0 11:00"]  # a new visit; the latest reading is still high


def test_a_spent_do_row_is_passed_over() -> None:
    rows = (
        """leave:
      - {if: bp.systolic >= goal, do: [{id: look, task: {en: Look, zh: 查看}, role: gp, due: 1 day}]}
      - {if: review is done, go: two}
    """
        + GO_ON
    )
    w = world(REVIEW, rows)
    w.bp(140, 80, w.day(0, "09:00"))
    done(w, "review", "10:00", answer="a", sure=True)
    assert w.phase == "two"


def test_while_an_earlier_row_is_unknown_nothing_below_if_unknown_is_looked_at() -> None:
    rows = (
        """leave:
      - {if: look is done and look.fine is yes, go: two}
      - {if: review is done and bp.systolic >= goal, go: two}
      - if: unknown
        do: [{id: look, task: {en: Look, zh: 查看}, role: gp, due: 1 day, form: {fine: {yes_no: {en: Fine, zh: 好}}}}]
      - {if: review is done, end: over}
    """
        + GO_ON
    )
    w = world(REVIEW, rows)
    done(w, "review", "09:00", answer="a", sure=True)
    done(w, "look", "10:00", fine=False)
    assert w.status == "active"  # still unknown: the last row is not reached
    assert w.opened("look") == ["0 09:00"]
    w.bp(120, 70, w.day(0, "11:00"))
    assert w.status == "ended"


def test_the_task_of_a_do_row_is_read_like_a_step() -> None:
    rows = (
        """leave:
      - {if: look is done and look.fine is yes, go: two}
      - {if: review is done and bp.systolic >= goal, go: two}
      - if: unknown
        do: [{id: look, task: {en: Look, zh: 查看}, role: gp, due: 1 day, form: {fine: {yes_no: {en: Fine, zh: 好}}}}]
    """
        + GO_ON
    )
    w = world(REVIEW, rows)
    done(w, "review", "09:00", answer="a", sure=True)
    done(w, "look", "10:00", fine=True)
    assert w.phase == "two"


def test_at_one_instant_leave_comes_before_no_later_than_and_at_end() -> None:
    rows = "leave:\n      - {if: measure_bp missed 2 times in a row, go: two}\n    at_end: [{else: true, end: over}]"
    limit = "no_later_than: {after: 28 h, end: over}\n    until: day 1 of the phase"
    w = World(pathway(TWO.format(limit=limit, steps=BP + CALL, rows=rows)), start="2026-03-02 08:00")
    w.enrol()
    w.run(w.day(1, "12:00"))  # the second is missed at 12:00, when the deadline comes too
    assert w.phases() == [("0 08:00", "one")] or w.phases()[-1][1] == "two"
    assert w.words("no_later_than") == []


def test_no_later_than_comes_before_at_end() -> None:
    w = world(
        REVIEW,
        "at_end: [{else: true, end: over}]",
        "no_later_than: {after: 16 h, go: two}\n    until: day 1 of the phase",
    )
    w.run(w.day(1, "00:00"))
    assert w.phases()[-1] == ("1 00:00", "two")


def test_an_until_already_past_goes_to_at_end_at_once() -> None:
    w = World(pathway(TWO.format(limit="until: 1 day after discharge", steps=REVIEW, rows=GO_ON)))
    w.enrol(facts={"discharge": "2026-02-20T10:00:00+08:00"})
    assert w.phases() == [("0 08:00", "one"), ("0 08:00", "two")]
    assert w.opened("review") == []


def test_what_the_end_counts_from_may_become_known_later() -> None:
    w = world(REVIEW, GO_ON, "until: 1 day after discharge")
    assert w.phase == "one"
    w.verb("set_fact", w.day(0, "09:00"), fact="discharge", value="2026-03-01T10:00:00+08:00")
    assert w.phase == "one"
    w.run(w.day(0, "10:00"))
    assert w.words("until") == [("0 10:00", "one")]


def test_at_end_waits_for_what_is_open() -> None:
    w = world(BP + CALL, GO_ON, "until: day 2 of the phase")
    w.run(w.day(2, "00:30"))
    assert w.phase == "one"
    assert "2 07:00" not in [when for when, _ in w.ended("one.measure_bp")]
    w.bp(120, 80, w.day(2, "00:40"))
    assert w.phases()[-1] == ("2 00:40", "two")


def test_at_end_waits_24_hours_at_most() -> None:
    w = world(REVIEW, GO_ON, "until: day 2 of the phase")
    w.run(w.day(4))
    assert w.phases()[-1] == ("3 00:00", "two")
    assert w.outcomes("one.review") == ["cancelled: not needed"]


def test_rows_to_the_same_place_share_their_count() -> None:
    rows = (
        """leave:
      - {if: review is done and review.answer is a, go: one, up_to: 2 times, afterwards: {go: two}}
      - {if: review is done, go: one, up_to: 2 times, afterwards: {end: over}}
    """
        + GO_ON
    )
    w = world(REVIEW, rows)
    done(w, "review", "09:00", answer="a", sure=True)
    done(w, "review", "10:00", answer="b", sure=True)
    assert [p for _, p in w.phases()] == ["one", "one", "one"]
    done(w, "review", "11:00", answer="a", sure=True)
    assert w.phase == "two"


def test_a_count_since_a_phase_begins_again_with_it() -> None:
    body = (
        """
phases:
  rest:
    title: {en: Rest, zh: 休息}
    until: day 1 of the phase
    steps:
      hello: {task: {en: Hello, zh: 你好}, role: nurse, when: at phase start, due: 1 day}
    at_end: [{else: true, go: one}]
  one:
    title: {en: One, zh: 一}
    no_later_than: {after: 30 days, end: over}
    steps:"""
        + REVIEW
        + """
    leave:
      - {if: review is done and review.answer is a, go: one, up_to: 1 time since rest, afterwards: {end: over}}
      - {if: review is done, go: rest, up_to: 5 times, afterwards: {end: over}}
ends:
  over: {}
"""
    )
    w = World(pathway(body))
    w.enrol()
    w.run(w.day(2, "08:00"))
    done(w, "review", "09:00", 2, answer="a", sure=True)
    done(w, "review", "10:00", 2, answer="b", sure=True)  # back to rest: the count begins again
    w.run(w.day(4, "08:00"))
    done(w, "review", "09:00", 4, answer="a", sure=True)
    assert w.phase == "one"
    done(w, "review", "10:00", 4, answer="a", sure=True)
    assert w.status == "ended"


def test_leaving_cancels_what_is_planned_and_closes_tasks() -> None:
    keeps = (
        REVIEW
        + "      keeps: {task: {en: Keeps, zh: 保留}, role: nurse, when: at phase start, due: 9 days, on_leave: keep}\n"
    )
    rows = "leave:\n      - {if: review is done, go: two}\n    " + GO_ON
    w = world(keeps + BP + CALL + OTHER, rows)
    w.run(w.day(0, "08:30"))
    done(w, "review", "09:00", answer="a", sure=True)
    assert w.open_ids() == ["hello", "keeps"]
    assert set(w.outcomes("one.measure_bp")) == {"cancelled: not needed"}
    assert w.outcomes("one.other") == ["cancelled: not needed"]
    assert w.outcomes("one.keeps") == []
    check(w)


def test_red_and_amber_tasks_and_episodes_stay() -> None:
    rules = """
rules:
  crisis:
    if: bp.systolic >= high
    level: red
    do: [{escalate: urgent, task: {en: Very high, zh: 极高}}]
    unknown: {not_met: single}
  low_bp:
    if: bp.systolic < low
    level: amber
    do: [{task: {en: Low, zh: 低}, role: nurse, due: 4 h}]
    unknown: {not_met: single}
"""
    rows = "leave:\n      - {if: review is done, go: two}\n    " + GO_ON
    w = World(pathway(TWO.format(limit="until: day 30 of the phase", steps=REVIEW, rows=rows) + rules))
    w.enrol()
    w.bp(190, 90, w.day(0, "08:10"))
    w.bp(80, 50, w.day(0, "08:20"))
    done(w, "review", "09:00", answer="a", sure=True)
    assert w.open_ids() == ["crisis", "hello", "low_bp"]
    assert len(w.state.episodes) == 2


def test_coming_back_is_a_new_visit_and_streaks_start_at_nothing() -> None:
    call = CALL.replace("9 times", "2 times")
    rows = "leave:\n      - {if: review is done, go: one, up_to: 3 times, afterwards: {end: over}}\n    " + GO_ON
    w = world(REVIEW + BP + call, rows)
    w.run(w.day(1, "08:00"))  # one missed
    assert w.outcomes("one.measure_bp") == ["missed"]
    done(w, "review", "09:00", 1, answer="a", sure=True)
    w.run(w.day(2, "02:00"))  # one missed in the new visit
    assert w.opened("call") == []
    w.run(w.day(2, "13:00"))
    assert w.opened("call") == ["2 12:00"]


def test_first_time_only() -> None:
    welcome = "      welcome: {teach: how_to_measure, when: at phase start, first_time_only: yes}\n"
    rows = "leave:\n      - {if: review is done, go: one, up_to: 3 times, afterwards: {end: over}}\n    " + GO_ON
    w = world(REVIEW + welcome, rows)
    done(w, "review", "09:00", answer="a", sure=True)
    assert len(w.messages("teach")) <= 1
    assert len([p for _, p in w.words("planned") if p == "one.welcome"]) == 1


def test_a_circle_without_time_is_cut_with_an_incident() -> None:
    body = (
        """
phases:
  one:
    title: {en: One, zh: 一}
    until: day 3 of the phase
    steps:"""
        + REVIEW
        + """
    leave: [{if: bp.systolic >= goal, go: two}]
    at_end: [{else: true, end: over}]
  two:
    title: {en: Two, zh: 二}
    until: day 3 of the phase
    steps:
      hello: {task: {en: Hello, zh: 你好}, role: nurse, when: at phase start, due: 1 day}
    leave: [{if: bp.systolic >= goal, go: one}]
    at_end: [{else: true, end: over}]
ends:
  over: {}
"""
    )
    w = World(pathway(body))
    w.enrol()
    w.bp(140, 80, w.day(0, "09:00"))
    assert len(w.of(Incident)) == 1
    assert w.status == "active"
    assert len(w.phases()) < 12
    check(w)


def test_a_go_of_a_rule_beats_leave() -> None:
    rules = """
rules:
  crisis: {if: bp.systolic >= high, level: amber, do: [{go: two}], unknown: {not_met: single}}
"""
    rows = "leave:\n      - {if: bp.systolic >= goal, end: over}\n    " + GO_ON
    w = World(pathway(TWO.format(limit="until: day 30 of the phase", steps=REVIEW, rows=rows) + rules))
    w.enrol()
    w.bp(190, 90, w.day(0, "09:00"))
    assert w.phase == "two"
    assert w.status == "active"


def test_a_phase_entered_at_night_opens_tasks_at_once_and_messages_in_the_morning() -> None:
    body = TWO.format(
        limit="until: day 2 of the phase",
        steps=REVIEW + "      note: {say: hello, when: at phase start}\n",
        rows=GO_ON,
    )
    text = "messages:\n  hello: {to: patient, class: care, en: Hello., zh: 你好。}\n"
    from pathways.lang.plan_base import ClockTime
    from pathways.lang.site_plan import QuietHours, Site

    quiet = QuietHours(start=ClockTime(hour=22, minute=0), end=ClockTime(hour=7, minute=0))
    w = World(
        pathway(body + text), site=Site(id="s", zone="Asia/Shanghai", quiet_hours=quiet), start="2026-03-02 02:00"
    )
    w.enrol()
    assert w.opened("review") == ["0 02:00"]
    assert w.messages("hello") == ["0 07:00"]


def test_a_change_of_phase_says_which_row_decided_and_why() -> None:
    plan, site = library()
    w = World(plan, site=site)
    w.enrol()
    for day in range(8):
        for clock in ("08:30", "20:05"):
            w.bp(142, 80, w.day(day, clock))
            w.bp(140, 88, w.day(day, clock) + timedelta(minutes=2))
    w.run(w.day(9, "12:00"))
    left = next(e for e in w.of(Timeline) if e.word == "phase_left")
    assert left.text.en == "First week ends: Week mean systolic 141 mmHg ≥ goal systolic 135 mmHg."
    assert left.text.zh == "第一周结束：血压均值（收缩压） 141 mmHg ≥ 设定值 135 mmHg。"
    assert left.data["row"] in {e.path for e in w.of(Explanation) if e.at == left.at}
    silent = World(plan, site=site)
    silent.enrol()
    silent.run(silent.day(9, "12:00"))
    left = next(e for e in silent.of(Timeline) if e.word == "phase_left")
    assert left.text.en == "First week ends: Week mean is not known, there is no reading, 0 of 12."
    silent.run(silent.day(20, "12:00"))
    ended = [e for e in silent.of(Timeline) if e.word == "phase_left"][-1]
    assert ended.text.en.endswith("this way was taken 1 times already.")
