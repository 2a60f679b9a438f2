"""A pathway of every kind of step, short phases and many ways, for property tests."""

from tests.unit.decide.world import pathway

RICH = """
consent: [care]
throughout:
  tablets:
    dose: medicines where class is antihypertensive
    when: at each slot of the medicine
    window: {late_after: 1 h, missed_after: 3 h}
    catch_up: skip
    bundle: same slot
  refill:
    handoff: pharmacy
    for: medicines where class is antihypertensive
    when: 7 days before supply of the medicine ends
    deadlines: {accepted: 1 day, handed_over: 5 days}
    outcomes:
      handed_over: {}
      declined: {task: {en: Sort out, zh: 处理}, role: nurse, due: 1 working day}
      silent: {as: declined}
    if_stopped: keep
phases:
  one:
    title: {en: One, zh: 一}
    until: day 5 of the phase
    steps:
      welcome: {teach: how_to_measure, when: at phase start, first_time_only: yes}
      how:
        ask: {fine: {yes_no: {en: Fine, zh: 好吗}}}
        when: every 2 days at 10:00
        window: {late_after: 2 h, missed_after: 9 h}
      measure_bp:
        measure: bp
        when: every day at morning and evening
        window: {opens_before: 1 h, late_after: 2 h, missed_after: 5 h}
        remind: [at due, 2 h later]
        only_if: not frail is yes
      call:
        task: {en: Call, zh: 致电}
        role: nurse
        when: as soon as measure_bp missed 2 times in a row
        due: 1 day
        form: {sure: {yes_no: {en: Sure, zh: 确定}}}
        escalate: overdue
        on_leave: keep
    leave:
      - {if: call is done and call.sure is yes, go: two}
      - if: bp.systolic >= goal 3 times in a row
        do: [{id: look, task: {en: Look, zh: 查看}, role: gp, due: 1 day, on_leave: keep}]
      - {if: look is done, go: two}
    at_end:
      - {if: mean_bp.systolic >= goal, go: two}
      - {if: unknown, go: one, up_to: 2 times since two, afterwards: {go: two}}
      - {else: true, go: two}
  two:
    title: {en: Two, zh: 二}
    no_later_than: {after: 12 days, go: one}
    steps:
      note: {say: hello, when: day 1 at 09:00}
      safe: {task: {en: Safe, zh: 安全}, role: nurse, when: every 3 days at 11:00, due: 1 day, safety: yes}
      recheck:
        visit: {with: gp, mode: [clinic, video]}
        when: day 4 at 10:00
        window: {opens_before: 2 days, missed_after: 2 days}
        missed: [{task: {en: Book, zh: 预约}, role: nurse, due: 1 working day}, {plan: recheck, at: the date booked}]
        no_show: [{task: {en: Ask why, zh: 询问}, role: nurse, due: 1 working day}]
      measure_bp:
        measure: bp
        when: every day at morning and evening during the 3 days before recheck
        window: {opens_before: 1 h, late_after: 2 h, missed_after: 5 h}
      specialist:
        handoff: referral
        to: clinic
        when: at phase start
        deadlines: {accepted: 2 days, returned: 6 days}
        outcomes:
          returned: {}
          declined: {task: {en: Find another, zh: 另找}, role: nurse, due: 1 working day, on_leave: keep}
          silent: {do: [{escalate: overdue}]}
        if_stopped: cancel
    leave:
      - {if: specialist is returned, go: one}
      - {if: specialist is declined, end: over}
      - {if: recheck is done and mean_bp.systolic < goal, end: over}
      - if: unknown
        do:
          - id: gp_view
            task: {en: View, zh: 判断}
            role: gp
            due: 1 day
            form: {fine: {yes_no: {en: Fine, zh: 好}}}
      - {if: recheck is no_show or recheck is missed, go: one, up_to: 3 times, afterwards: {end: over}}
ends:
  over: {say: hello}
derived:
  mean_bp: {of: bp, as: mean, over: 3 days, needs_at_least: 3 readings on 2 days, judge: block end, since: phase start}
rules:
  crisis:
    if: bp.systolic >= high
    level: red
    repeat_measurement:
      within: 5 to 30 min
      say: again
      no_repeat: counts as confirmed
      normal_repeat: [{task: {en: One, zh: 一次}, role: nurse, due: 4 h}]
    do: [{say: again}, {escalate: urgent, task: {en: Very high, zh: 极高}}]
    settled_when: bp.systolic < goal 2 times in a row
    settled_by: the task
    unknown: {not_met: single}
  low_bp:
    if: bp.systolic < low
    level: amber
    not_again_within: 24 h
    do: [{task: {en: Low, zh: 低}, role: nurse, due: 4 h}]
    unknown: {not_met: single}
  dark:
    if: bp.systolic < low
    level: info
    do: [{say: hello}]
    unknown: {lasts: 2 days, task: {en: Unknown, zh: 未知}, role: nurse, due: 1 day}
  gone:
    if: measure_bp missed 3 times in a row
    level: no_data
    do:
      - {say: hello}
      - {task: {en: Gone, zh: 失联}, role: nurse, due: 1 day, if: measure_bp missed 5 times in a row}
lifecycle:
  readmitted: {stop: all but safety, handoffs: cancel, task: {en: Tell the ward, zh: 通知病房}, role: nurse, due: 4 h}
  discharged_again: {go: one}
  contact_refused: {task: {en: Call instead, zh: 改为电话}, role: nurse, due: 1 working day}
  withdrawn: {open_red: finish with a person}
messages:
  again: {to: patient, class: red, en: Again., zh: 再测。}
  hello: {to: patient, class: care, en: Hello., zh: 你好。}
"""

PLAN = pathway(RICH, "rich")
