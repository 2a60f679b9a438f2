"""Pass 5: the document against the site it is to run at."""

from __future__ import annotations

from pathways.lang.compile_reader import Reader
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site


def check_against(r: Reader, plan: Plan, site: Site | None) -> None:
    """Note what the site cannot do for this plan; without a site, one warning."""
    if site is None:
        r.say("site_needed", ("roles",), key=True)
