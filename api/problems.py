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
    "not_found": (
        404,
        "There is nothing under this address.",
        "该地址下没有内容。",
    ),
    "unknown_patient": (
        404,
        "No patient has this key. Check the key, or register the patient first.",
        "没有此编号的患者，请核对编号或先登记患者。",
    ),
    "unknown_task": (
        404,
        "No task has this id.",
        "没有此编号的任务。",
    ),
    "unknown_pathway": (
        404,
        "No published pathway has this id and version.",
        "没有已发布的此路径及版本。",
    ),
    "unknown_partner": (
        404,
        "No partner has this name.",
        "没有此名称的合作方。",
    ),
    "method": (
        405,
        "This address does not take that method.",
        "该地址不支持此方法。",
    ),
    "key_conflict": (
        409,
        "This Idempotency-Key was used before with another body. Use a new key.",
        "该 Idempotency-Key 曾用于不同的正文，请使用新的键。",
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


def document(refusal: Refusal, language: str) -> dict[str, Any]:
    """The problem document: `type title status detail code`, and `errors` per field where there are some."""
    status, en, zh = _TEXTS.get(refusal.code, (422, "The request was refused.", "请求被拒绝。"))
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
        rows = tuple(
            {
                "field": ".".join(str(p) for p in e["loc"] if p != "body") or "body",
                "problem": e["msg"],
                "code": e["type"],
            }
            for e in error.errors()
        )
        return respond(request, Refusal("bad_request", errors=rows))

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code = _BY_STATUS.get(error.status_code, "bad_request")
        return respond(request, Refusal(code, status=error.status_code))

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
