"""The closed set of refusals of everything that comes in: a stable code, what is wrong, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["invalid", "unknown", "conflict", "not_allowed"]

_TEXTS: Final[Mapping[str, tuple[Kind, str, str]]] = {
    # people and enrolments
    "patient_key_invalid": (
        "invalid",
        "A patient key starts with a letter and has 8 to 40 lower-case letters and digits.",
        "患者键须以字母开头，由 8 至 40 个小写字母和数字组成。",
    ),
    "patient_exists": ("conflict", "This patient key is taken by another registration.", "该患者键已被其他登记使用。"),
    "patient_unknown": ("unknown", "There is no such patient.", "没有该患者。"),
    "patient_shredded": ("not_allowed", "The keys of this patient were shredded.", "该患者的密钥已被销毁。"),
    "zone_unknown": ("invalid", "{value} is no IANA time zone.", "{value} 不是 IANA 时区。"),
    "phone_invalid": (
        "invalid",
        "The phone number cannot be dialled; write it with its country code.",
        "电话号码无法拨打，请带国家代码填写。",
    ),
    "email_invalid": ("invalid", "This is no e-mail address.", "这不是有效的电子邮件地址。"),
    "text_too_long": ("invalid", "{field} is longer than {limit} characters.", "{field} 超过 {limit} 个字符。"),
    "not_enrolled": ("conflict", "The patient follows no pathway.", "该患者未参加任何路径。"),
    "pathway_unknown": ("unknown", "There is no pathway {value} in the registry.", "登记库中没有路径 {value}。"),
    "pathway_not_approved": (
        "not_allowed",
        "This version is not approved and published; it runs only in rehearsal.",
        "该版本尚未批准发布，只能在演练中运行。",
    ),
    "consent_missing": ("not_allowed", "Consent is missing: {value}.", "缺少同意项：{value}。"),
    "already_enrolled": (
        "conflict",
        "The patient already follows this pathway, and it allows one enrolment at a time.",
        "患者已参加该路径，且该路径同时只允许一次登记。",
    ),
    "enrolment_conflict": (
        "conflict",
        "This enrolment id was used with other content.",
        "该登记编号已用于不同的内容。",
    ),
    "enrolment_unknown": ("unknown", "There is no such enrolment.", "没有该登记。"),
    "fact_unknown": ("invalid", "The pathway knows no fact {value}.", "该路径没有事实项 {value}。"),
    "parameter_unknown": ("invalid", "The pathway knows no parameter {value}.", "该路径没有参数 {value}。"),
    "parameter_wrong": (
        "invalid",
        "The parameter {value} takes a quantity in its unit, inside its range.",
        "参数 {value} 须为其单位下、范围之内的数量。",
    ),
    "rehearsal_mixed": (
        "conflict",
        "A patient is either rehearsed or real; this one is the other.",
        "患者要么处于演练，要么为真实患者；该患者属于另一种。",
    ),
    # readings
    "measure_unknown": ("invalid", "No pathway of this patient uses {value}.", "该患者的路径不使用 {value}。"),
    "component_missing": ("invalid", "The reading lacks {value}.", "测量数据缺少 {value}。"),
    "component_unknown": ("invalid", "{value} is no part of this measure.", "{value} 不属于该测量项。"),
    "number_invalid": ("invalid", "{field} is no finite number above zero.", "{field} 不是大于零的有限数值。"),
    "unit_unknown": ("invalid", "The unit {value} is not understood here.", "无法识别单位 {value}。"),
    "time_missing": ("invalid", "The reading does not say when it was taken.", "测量数据没有测量时间。"),
    "time_invalid": (
        "invalid",
        "{value} is no date and time with an offset (ISO 8601).",
        "{value} 不是带时区偏移的日期时间（ISO 8601）。",
    ),
    "reading_in_future": ("invalid", "The reading is dated in the future.", "测量时间在未来。"),
    "reading_too_old": ("invalid", "The reading is more than two years old.", "测量时间已超过两年。"),
    "reading_implausible": (
        "invalid",
        "{field} lies outside what the instrument can show.",
        "{field} 超出仪器可显示的范围。",
    ),
    "reading_conflict": (
        "conflict",
        "This reading id was used with other content; send an amendment.",
        "该测量编号已用于不同的内容，请发送更正。",
    ),
    "reading_unknown": ("unknown", "There is no reading {value} to replace.", "没有可更正的测量 {value}。"),
    "too_many_readings": ("invalid", "At most {limit} readings at a time.", "一次最多 {limit} 条测量数据。"),
    "id_missing": ("invalid", "The document has no id.", "文档缺少编号。"),
    "id_invalid": (
        "invalid",
        "An id has 1 to 120 letters, digits or the signs . _ : -",
        "编号须为 1 至 120 个字母、数字或 . _ : - 字符。",
    ),
    # documents
    "document_invalid": ("invalid", "The document does not fit its schema: {value}", "文档不符合其格式：{value}"),
    "document_not_json": ("invalid", "This is no JSON: {value}", "这不是 JSON：{value}"),
    "schema_unknown": ("invalid", "The schema {value} is not accepted.", "不接受格式 {value}。"),
    "schema_missing": (
        "invalid",
        "A bare body does not say what it is; name its schema.",
        "裸数据没有说明类型，请指明其格式。",
    ),
    "aggregate_refused": (
        "invalid",
        "This is a statistic over several measurements, not a reading.",
        "这是多次测量的统计值，不是单次测量。",
    ),
    "resource_unknown": ("invalid", "{value} is not accepted here.", "此处不接受 {value}。"),
    "code_unknown": ("invalid", "This observation is no blood pressure or heart rate.", "该观察不是血压或心率。"),
    "status_refused": ("invalid", "An observation with status {value} is not taken.", "不接受状态为 {value} 的观察。"),
    "data_absent": ("invalid", "The observation says that its data are absent.", "该观察注明数据缺失。"),
    "subject_mismatch": ("not_allowed", "The observation is about somebody else.", "该观察属于其他人。"),
    # attachments
    "attachment_kind": (
        "invalid",
        "An attachment is a photo, voice or signature.",
        "附件须为 photo、voice 或 signature。",
    ),
    "attachment_empty": ("invalid", "The file is empty.", "文件为空。"),
    "attachment_too_large": ("invalid", "A file has at most {limit} MB.", "文件不能超过 {limit} MB。"),
    "attachment_type": (
        "invalid",
        "This kind of file is not taken; send one of {value}.",
        "不接受此类文件，请发送以下之一：{value}。",
    ),
    "attachment_broken": (
        "invalid",
        "The file is damaged or is not what it seems; please take it again.",
        "文件损坏或格式不符，请重新拍摄或录制。",
    ),
    "attachment_too_many": (
        "conflict",
        "At most {limit} files a day are taken; please call your team.",
        "每天最多接收 {limit} 个文件，请电话联系医护人员。",
    ),
    "attachment_unknown": ("unknown", "There is no such attachment of this patient.", "该患者没有此附件。"),
    # commands and callbacks
    "command_conflict": (
        "conflict",
        "This command id was used with other content.",
        "该指令编号已用于不同的内容。",
    ),
    "incident_unknown": ("unknown", "There is no such incident.", "没有该事件。"),
    "task_unknown": ("unknown", "There is no such task.", "没有该任务。"),
    "step_unknown": ("unknown", "No pathway of this patient has the step {value}.", "该患者的路径没有步骤 {value}。"),
    "handoff_unknown": ("unknown", "There is no such request to a partner.", "没有该转交请求。"),
    "idempotency_conflict": (
        "conflict",
        "This idempotency key was used with another body.",
        "该幂等键已用于不同的请求内容。",
    ),
    "idempotency_running": (
        "conflict",
        "The first request with this key is still being worked on.",
        "使用该幂等键的首个请求仍在处理中。",
    ),
}

CODES: Final = frozenset(_TEXTS)


def entry(code: str) -> tuple[Kind, str, str]:
    """Kind and texts (en, zh) of a code, their places not filled."""
    return _TEXTS[code]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that came in and is not taken. ``field`` is the name of the input concerned, if one is."""

    code: str
    kind: Kind
    en: str
    zh: str
    field: str | None = None


def refuse(code: str, *, field: str | None = None, **facts: object) -> Refusal:
    """The refusal of a code. ``facts`` fill its texts: never a name, a number or other words of a patient."""
    kind, en, zh = _TEXTS[code]
    known = {"field": field or "", **facts}
    return Refusal(code, kind, en.format(**known), zh.format(**known), field)
