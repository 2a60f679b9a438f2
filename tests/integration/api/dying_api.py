"""`carepath api`, killed at the moment between storing and waking: once, for the test that starts it."""

from __future__ import annotations

import os
import signal

from carepath.main import main
from worker.waker import Waker


async def die(self: Waker, journey: str) -> None:
    """As a power cut: nothing is flushed, nobody is told."""
    del self, journey
    os.kill(os.getpid(), signal.SIGKILL)


Waker.wake = die  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
