"""The codec endpoint of the Temporal UI: a coordinator sees clear text, the database does not."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from activities.keys.sealing import SealError
from activities.records.store import StoreUnavailableError
from api.problems import Refusal
from api.routes_patients import Who
from api.security import Caller
from worker.codec import SealingCodec, is_sealed

router = APIRouter()


@router.post("/codec/decode")
async def decode(request: Request, who: Who) -> Response:
    """Open the sealed payloads; what is not sealed, or may not be opened by the caller, comes back as it is."""
    who.may("read")
    codec: SealingCodec = request.app.state.codec
    try:
        given = json_format.Parse(await request.body(), Payloads())
    except (json_format.ParseError, ValueError, RecursionError) as error:
        raise Refusal("bad_json") from error
    try:
        opened = [await _open(codec, payload, who) for payload in given.payloads]
    except StoreUnavailableError as error:
        raise Refusal("store_away", headers={"Retry-After": "5"}) from error
    return Response(json_format.MessageToJson(Payloads(payloads=opened)), media_type="application/json")


async def _open(codec: SealingCodec, payload: Payload, who: Caller) -> Payload:
    if not is_sealed(payload):
        return payload
    owner = payload.metadata.get("carepath-key", b"").decode("ascii", "replace")
    if who.patients is not None and owner not in who.patients:
        return payload
    try:
        (clear,) = await codec.decode([payload])
    except SealError:
        return payload
    return clear
