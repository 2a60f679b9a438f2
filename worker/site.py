"""Site and pathway files named by settings or arguments, compiled, or the problem that stops a process."""

from __future__ import annotations

from pathlib import Path

from pathways.lang.diagnostics import Diagnostic
from pathways.lang.load import load_pathway, load_site, pathways_near
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site
from worker.problems import Problem
from worker.settings import Settings


def load_site_setting(settings: Settings) -> Site | None:
    """The site named by ``CAREPATH_SITE``, or None. Raises Problem."""
    return None if settings.site is None else site_from(site_file(settings.site))


def site_file(path: Path) -> Path:
    """The file itself, else the site that ships with carepath under this bare name."""
    if path.exists() or path.suffix or len(path.parts) != 1:
        return path
    import pathways

    shipped = Path(next(iter(pathways.__path__))) / "sites" / f"{path.name}.yaml"
    return shipped if shipped.exists() else path


def site_from(path: Path) -> Site:
    """A compiled site. Raises Problem when it cannot be read or has errors."""
    loaded = load_site(_read(path), str(path))
    if loaded.site is None:
        raise Problem("E-SITE-INVALID", file=path, reason=_first(loaded.diagnostics))
    return loaded.site


def plan_from(path: Path, site: Site | None = None) -> Plan:
    """A compiled pathway; a folder is its ``pathway.yaml``. Raises Problem when it cannot be read or has errors."""
    file = path / "pathway.yaml" if path.is_dir() else path
    loaded = load_pathway(_read(file), str(file), site, pathways_near(file))
    if loaded.plan is None:
        raise Problem("E-PATHWAY-INVALID", file=file, reason=_first(loaded.diagnostics))
    return loaded.plan


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem("E-FILE", file=path, reason=error.strerror or type(error).__name__) from error


def _first(found: tuple[Diagnostic, ...]) -> str:
    errors = [one for one in found if one.severity == "error"]
    return f"{errors[0].code} (1/{len(errors)})" if errors else "?"
