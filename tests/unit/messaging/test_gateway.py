"""An HTTP gateway: what each answer means, over a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from activities.addresses import Gateway
from activities.messaging.gateway import GatewayChannel
from activities.messaging.ports import Letter, Never, NotNow, Outcome, Sent, Unsure, opaque

LETTER = Letter("patient00001:m1", "+8613800138000", "red", "zh", "", "请立即测量血压")


class Provider:
    """A gateway that answers as told."""

    def __init__(self) -> None:
        self.answer: tuple[int, bytes] = (200, b"{}")
        self.seen: list[tuple[dict[str, str], dict[str, Any]]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                provider.seen.append(({k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
                status, content = provider.answer
                if status == 0:
                    self.connection.close()
                    return
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                del format, args

            def finish(self) -> None:
                if not self.wfile.closed:
                    try:
                        super().finish()
                    except OSError:
                        self.close_connection = True

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/messages"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


async def _send(url: str) -> Outcome:
    gateway = Gateway.model_validate({"url": url, "token": "secret"})
    channel = GatewayChannel(gateway, httpx.AsyncClient(timeout=2.0, trust_env=False))
    try:
        return await channel.send(LETTER)
    finally:
        await channel.close()


KEY = opaque(LETTER.key)


@pytest.mark.parametrize(
    ("status", "content", "outcome"),
    [
        (200, b'{"id": "sms-77"}', Sent("sms-77")),
        (202, b"not json", Sent(KEY)),
        (200, b"[]", Sent(KEY)),
        (400, b"", Never("gateway-400")),
        (410, b"", Never("gateway-410")),
        (302, b"", Never("gateway-302")),
        (401, b"", NotNow("gateway-401")),
        (429, b"", NotNow("gateway-429")),
        (503, b"", NotNow("gateway-503")),
        (500, b"", Unsure("gateway-500")),
        (0, b"", Unsure("gateway-answer-lost")),
    ],
)
async def test_what_an_answer_means(provider: Provider, status: int, content: bytes, outcome: Outcome) -> None:
    provider.answer = (status, content)
    assert await _send(provider.url) == outcome


async def test_the_key_goes_along_and_says_nothing(provider: Provider) -> None:
    await _send(provider.url)
    ((headers, body),) = provider.seen
    assert (headers["idempotency-key"], headers["authorization"]) == (KEY, "Bearer secret")
    assert body == {"key": KEY, "to": LETTER.address, "class": "red", "language": "zh", "text": LETTER.text}
    assert "patient" not in KEY


async def test_a_gateway_that_is_not_there() -> None:
    assert await _send("http://127.0.0.1:1/messages") == NotNow("gateway-unreachable")
