"""Makes the five folders importable when carepath runs from a wheel.

In a checkout `pathways`, `workflows`, `activities`, `worker` and `api` stand beside this package. A wheel holds them
under `carepath/_app`, because names so common would overwrite other people's packages.
"""

import os
import sys
from pathlib import Path


def prepare() -> None:
    """Put `_app` first on the path where it exists, and take time zones from the locked tzdata package only."""
    folder = Path(__file__).parent / "_app"
    if folder.is_dir() and str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    # The system's table would win over the packaged one, and a decision could differ from machine to machine.
    os.environ["PYTHONTZPATH"] = ""
    if "zoneinfo" in sys.modules:
        import zoneinfo

        zoneinfo.reset_tzpath(())
