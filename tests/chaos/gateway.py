"""A message gateway that writes down every letter before it answers: ``python gateway.py FILE PORT``.

It answers a little late, so that a courier is often killed between the letter and the answer.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ANSWERS_AFTER = 0.02


def main(file: Path, port: int) -> None:
    book = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    book.execute("PRAGMA journal_mode=WAL")
    book.execute("CREATE TABLE IF NOT EXISTS letters (key TEXT, class TEXT, address TEXT, at REAL)")
    lock = threading.Lock()

    class Gateway(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            letter = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert letter["key"] == self.headers["Idempotency-Key"]
            row = (letter["key"], letter["class"], letter["to"], time.time())
            with lock:
                book.execute("INSERT INTO letters VALUES (?, ?, ?, ?)", row)
            time.sleep(ANSWERS_AFTER)
            body = json.dumps({"id": letter["key"]}).encode()
            with contextlib.suppress(ConnectionError):  # the courier was killed while it waited
                self.send_response(202)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the console."""

    ThreadingHTTPServer(("127.0.0.1", port), Gateway).serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
