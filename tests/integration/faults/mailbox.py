"""The mailbox as a process that can be killed and come back on its port: ``python mailbox.py FILE PORT``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from carepath.partners.mailbox import MailLedger, serve_mail


async def main(file: Path, port: int) -> None:
    server = await serve_mail(MailLedger(file), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
