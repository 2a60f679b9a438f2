"""Errors of the HTTP interface as RFC 9457 problem documents, in the caller's language.

User errors are data: a `Refusal` carries a stable code, a sentence in zh and en and, where it helps, the field. Nothing
of the request's content is ever repeated in a problem document or a log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from activities.intake import refusals

MEDIA_TYPE: Final = "application/problem+json"

# code -> (HTTP status, English, Chinese)
_TEXTS: Final[Mapping[str, tuple[int, str, str]]] = {
    "bad_json": (
        400,
        "The body is not valid JSON. Send one JSON document in UTF-8.",
        "正文不是有效的 JSON，请发送一个 UTF-8 编码的 JSON 文档。",
    ),
    "bad_request": (
        422,
        "Some fields are missing or wrong; see `errors`.",
        "部分字段缺失或有误，见 `errors`。",
    ),
    "too_large": (
        413,
        "The body is larger than {limit} bytes. Send fewer items at a time.",
        "正文超过 {limit} 字节，请分批发送。",
    ),
    "unauthorised": (
        401,
        "A valid bearer token is needed.",
        "需要有效的访问令牌。",
    ),
    "forbidden": (
        403,
        "This token may not do that for this patient.",
        "该令牌无权对此患者执行该操作。",
    ),
    "role_taken": (
        403,
        "This token acts in its own role only. Leave `role` out, or name the token's own.",
        "该令牌只能以自身角色操作，请省略 `role` 或填写令牌自身的角色。",
    ),
    "not_found": (
        404,
        "There is nothing under this address.",
        "该地址下没有内容。",
    ),
    "partner_unknown": (
        404,
        "No partner has this name.",
        "没有此名称的合作方。",
    ),
    "method": (
        405,
        "This address does not take that method.",
        "该地址不支持此方法。",
    ),
    "signature_missing": (401, "The callback is not signed.", "回调未签名。"),
    "signature_malformed": (401, "The signature's headers cannot be read.", "签名头无法解析。"),
    "signature_too_old": (401, "The signature is older than five minutes.", "签名已超过五分钟。"),
    "signature_too_new": (401, "The signature's time lies in the future.", "签名时间在未来。"),
    "signature_wrong": (401, "The signature does not fit the body.", "签名与正文不符。"),
    "callback_too_large": (413, "The callback is larger than 64 KiB.", "回调超过 64 KiB。"),
    "callback_malformed": (422, "The callback does not fit the published protocol.", "回调不符合公布的协议。"),
    "callback_unmatched": (404, "No request of ours has this identifier.", "没有与该标识符对应的请求。"),
    "refused": (
        409,
        "The command was refused.",
        "命令被拒绝。",
    ),
    "unsupported": (
        415,
        "Send application/json.",
        "请发送 application/json。",
    ),
    "busy": (
        429,
        "Too much at once for this patient. Try again in {seconds} s with the same Idempotency-Key.",
        "该患者的请求过多，请在 {seconds} 秒后用相同的 Idempotency-Key 重试。",
    ),
    "store_away": (
        503,
        "The records are not reachable. Nothing was stored; try again with the same Idempotency-Key.",
        "记录库暂不可用，内容未保存，请用相同的 Idempotency-Key 重试。",
    ),
    "internal": (
        500,
        "Something went wrong on our side. It was logged under {incident}.",
        "我方出现错误，已记录，编号 {incident}。",
    ),
}


@dataclass(eq=False)
class Refusal(Exception):
    """A request that is not carried out. `status` and texts come from the table unless given."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    status: int | None = None
    en: str | None = None
    zh: str | None = None
    errors: tuple[Mapping[str, Any], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def _language(request: Request) -> str:
    return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"


CODES: Final = frozenset(_TEXTS) | refusals.CODES
"""Every code a caller may meet: those of the interface and those of what comes in."""
STATUS: Final[Mapping[str, int]] = {"invalid": 422, "unknown": 404, "conflict": 409, "not_allowed": 403}


def entry(code: str) -> tuple[int, str, str]:
    """Status and texts (en, zh) of a code, their places not filled."""
    if code in _TEXTS:
        return _TEXTS[code]
    kind, en, zh = refusals.entry(code)
    return STATUS[kind], en, zh


def document(refusal: Refusal, language: str) -> dict[str, Any]:
    """The problem document: `type title status detail code`, and `errors` per field where there are some."""
    status, en, zh = entry(refusal.code)
    text = (refusal.zh or zh) if language == "zh" else (refusal.en or en)
    out: dict[str, Any] = {
        "type": f"/problems/{refusal.code}",
        "title": refusal.code.replace("_", " "),
        "status": refusal.status or status,
        "detail": text.format(**refusal.params) if refusal.params else text,
        "code": refusal.code,
    }
    if refusal.errors:
        out["errors"] = list(refusal.errors)
    return out


def respond(request: Request, refusal: Refusal) -> JSONResponse:
    """The refusal as an HTTP answer."""
    body = document(refusal, _language(request))
    return JSONResponse(body, status_code=body["status"], media_type=MEDIA_TYPE, headers=dict(refusal.headers))


_MOST_ERRORS: Final = 50
_LONGEST_FIELD: Final = 120

# pydantic's type of an error -> Chinese; what is in braces is the error's own context, never what was sent.
_WRONG_ZH: Final[Mapping[str, str]] = {
    "missing": "缺少该字段",
    "extra_forbidden": "不存在该字段",
    "string_type": "须为文本",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_pattern_mismatch": "须符合格式 {pattern}",
    "dict_type": "须为对象",
    "model_attributes_type": "须为对象",
    "tuple_type": "须为列表",
    "list_type": "须为列表",
    "too_long": "内容过多",
    "bool_type": "须为 true 或 false",
    "bool_parsing": "须为 true 或 false",
    "float_type": "须为数字",
    "float_parsing": "须为数字",
    "int_type": "须为整数",
    "int_parsing": "须为整数",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "须不小于 {ge}",
    "less_than_equal": "须不大于 {le}",
    "literal_error": "须为 {expected} 之一",
    "timezone_aware": "日期时间须带时区偏移",
    "datetime_type": "须为日期时间（ISO 8601，带时区偏移）",
    "datetime_parsing": "须为日期时间（ISO 8601，带时区偏移）",
    "datetime_from_date_parsing": "须为日期时间（ISO 8601，带时区偏移）",
    "instant_out_of_range": "年份须在 1900 至 2200 之间",
    "zone_unknown": "不是 IANA 时区",
    "anchor_wrong": "须为日期，或带时区偏移的日期时间",
}


def _field(error: Mapping[str, Any], language: str) -> dict[str, Any]:
    """One wrong field: where, what is wrong in the caller's language, and a stable code."""
    where = ".".join(str(part) for part in error["loc"] if part != "body")[:_LONGEST_FIELD]
    words = str(error["msg"])
    if language == "zh":
        words = _WRONG_ZH.get(error["type"], "有误").format_map(dict(error.get("ctx") or {}))
    return {"field": where or "body", "problem": words, "code": error["type"]}


_BY_STATUS: Final[Mapping[int, str]] = {401: "unauthorised", 403: "forbidden", 404: "not_found", 405: "method"}


def install(app: FastAPI, report: Callable[[BaseException], str]) -> None:
    """Make every error of `app` a problem document. `report` logs an unexpected one and returns its incident id."""

    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Refusal)
        return respond(request, error)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        if any(e["type"] == "json_invalid" for e in error.errors()):
            return respond(request, Refusal("bad_json"))
        rows = tuple(_field(e, _language(request)) for e in error.errors()[:_MOST_ERRORS])
        return respond(request, Refusal("bad_request", errors=rows))

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code = _BY_STATUS.get(error.status_code, "bad_request")
        # Of a 405 the methods that are taken.
        return respond(request, Refusal(code, status=error.status_code, headers=dict(error.headers or {})))

    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        return respond(request, Refusal("internal", {"incident": report(error)}))

    handlers: tuple[tuple[type[Exception], Callable[[Request, Exception], Awaitable[JSONResponse]]], ...] = (
        (Refusal, refused),
        (RequestValidationError, invalid),
        (HTTPException, http),
        (Exception, unexpected),
    )
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)
