"""The pathway and the sites that rehearsals are tested with."""

from pathlib import Path

import pytest

from pathways.lang.load import load_pathway, load_site
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site

PATHWAYS = Path(__file__).parents[3] / "pathways"
FILE = PATHWAYS / "library" / "hypertension_home" / "pathway.yaml"


@pytest.fixture(scope="session")
def plan() -> Plan:
    loaded = load_pathway(FILE.read_bytes(), FILE.name)
    assert loaded.plan is not None
    return loaded.plan


@pytest.fixture(scope="session")
def site() -> Site:
    file = PATHWAYS / "sites" / "example_cn.yaml"
    loaded = load_site(file.read_bytes(), file.name)
    assert loaded.site is not None
    return loaded.site
