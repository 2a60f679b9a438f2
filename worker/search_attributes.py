"""The search attributes coordinators filter by in the Temporal UI.

They are coded and never personal, because Temporal does not encrypt them.

The development server's command-line flag for them is silently ignored when its file exists already, so they are
registered through the operator API and checked by every worker at its start.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from worker.problems import Problem

CARE_PATHWAYS: Final = SearchAttributeKey.for_keyword_list("CarePathways")
CARE_PHASES: Final = SearchAttributeKey.for_keyword_list("CarePhases")
CARE_FLAGS: Final = SearchAttributeKey.for_keyword_list("CareFlags")
CARE_TIER: Final = SearchAttributeKey.for_keyword("CareTier")
CARE_STATUS: Final = SearchAttributeKey.for_keyword("CareStatus")
CARE_SITE: Final = SearchAttributeKey.for_keyword("CareSite")
CARE_OPEN_TASKS: Final = SearchAttributeKey.for_int("CareOpenTasks")

_KEYWORD: Final = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
_KEYWORD_LIST: Final = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST
_INT: Final = IndexedValueType.INDEXED_VALUE_TYPE_INT

# All three KeywordList columns that a SQL visibility store has are used: a fourth list cannot be added.
REQUIRED: Final[Mapping[str, IndexedValueType.ValueType]] = {
    "CarePathways": _KEYWORD_LIST,
    "CarePhases": _KEYWORD_LIST,
    "CareFlags": _KEYWORD_LIST,
    "CareTier": _KEYWORD,
    "CareStatus": _KEYWORD,
    "CareSite": _KEYWORD,
    "CareOpenTasks": _INT,
}

# One query that names every attribute: the frontend answers it only when all of them are usable.
_PROBE: Final = " AND ".join(
    f"{name} = {'0' if kind == _INT else repr('-')}" for name, kind in sorted(REQUIRED.items())
)


async def _registered(client: Client) -> Mapping[str, IndexedValueType.ValueType]:
    try:
        answer = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace), retry=True
        )
    except RPCError as error:
        raise Problem(
            "E-TEMPORAL-UNREACHABLE", address=client.service_client.config.target_host, reason=error.message
        ) from error
    return dict(answer.custom_attributes)


def _refuse_other_types(client: Client, found: Mapping[str, IndexedValueType.ValueType]) -> None:
    wrong = [
        f"{name} (is {_type_name(found[name])}, must be {_type_name(kind)})"
        for name, kind in sorted(REQUIRED.items())
        if name in found and found[name] != kind
    ]
    if wrong:
        raise Problem(
            "E-SEARCH-ATTRIBUTE-TYPE",
            namespace=client.namespace,
            address=client.service_client.config.target_host,
            wrong=", ".join(wrong),
        )


def _type_name(kind: IndexedValueType.ValueType) -> str:
    words = IndexedValueType.Name(kind).removeprefix("INDEXED_VALUE_TYPE_").split("_")
    return "".join(word.capitalize() for word in words)


async def check_search_attributes(client: Client, *, patience: float = 0.0) -> None:
    """See that the client's namespace has every search attribute with the right type. A worker calls it at its start.

    ``patience``: seconds to wait for those that are missing. `carepath server` registers them a moment after it can
    be reached, and a worker that begins in that moment shall not give up.

    Raises:
        Problem: `E-SEARCH-ATTRIBUTES` with the missing names, `E-SEARCH-ATTRIBUTE-TYPE`, `E-TEMPORAL-UNREACHABLE`.
    """
    until = asyncio.get_running_loop().time() + patience
    while True:
        found = await _registered(client)
        _refuse_other_types(client, found)
        missing = sorted(REQUIRED.keys() - found.keys())
        if not missing or asyncio.get_running_loop().time() >= until:
            break
        await asyncio.sleep(0.2)
    if missing:
        raise Problem(
            "E-SEARCH-ATTRIBUTES",
            namespace=client.namespace,
            address=client.service_client.config.target_host,
            missing=", ".join(missing),
        )


async def ensure_search_attributes(client: Client, *, timeout: float = 30.0) -> tuple[str, ...]:
    """Register what is missing and wait until the server accepts it. Safe to repeat, also from two processes at once.

    Args:
        client: connected to the namespace.
        timeout: seconds to wait for the server's caches to learn the new attributes.

    Returns:
        The names registered by this call.

    Raises:
        Problem: as `check_search_attributes`.
    """
    found = await _registered(client)
    _refuse_other_types(client, found)
    missing = {name: kind for name, kind in REQUIRED.items() if name not in found}
    if missing:
        try:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
            )
        except RPCError as error:
            if error.status != RPCStatusCode.ALREADY_EXISTS:
                raise
    async with asyncio.timeout(timeout):
        while not await _usable(client):
            await asyncio.sleep(0.05)
    await check_search_attributes(client)
    return tuple(sorted(missing))


async def _usable(client: Client) -> bool:
    try:
        await client.count_workflows(_PROBE)
    except RPCError as error:
        if error.status == RPCStatusCode.INVALID_ARGUMENT:
            return False
        raise
    return True
