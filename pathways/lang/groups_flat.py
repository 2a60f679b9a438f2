"""Groups made flat: the members of a group stand beside it, in the one namespace, as all later passes see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pathways.lang.diagnostics import Diagnostic
from pathways.lang.source import Path, Place, Source
from pathways.lang.spec import PathwaySpec
from pathways.lang.spec_steps import AnyStep, GroupStep


def flat(spec: PathwaySpec, source: Source) -> tuple[PathwaySpec, list[Diagnostic]]:
    """The document with every member of a group beside its group, and names that are taken twice inside a phase.

    The positions of ``source`` are shared: a member is found where it is written by the path of any other step.
    """
    found: list[Diagnostic] = []
    throughout = _section(spec.throughout, ("throughout",), source, found)
    phases = {
        name: phase.model_copy(update={"steps": _section(phase.steps, ("phases", name, "steps"), source, found)})
        for name, phase in spec.phases.items()
    }
    if throughout == spec.throughout and all(phases[n].steps == p.steps for n, p in spec.phases.items()):
        return spec, found
    return spec.model_copy(update={"throughout": throughout, "phases": phases}), found


def _section(steps: Mapping[str, AnyStep], path: Path, source: Source, found: list[Diagnostic]) -> dict[str, AnyStep]:
    place = source.find(path)[0]
    out: dict[str, AnyStep] = {}
    for name, step in steps.items():
        for member, body, inside in _walk(name, step, source.find((*path, name))[0]):
            if member in out or (member != name and member in steps):
                first = place.children[member]
                taken = (first.key or first.value).line
                span = inside.key or inside.value
                found.append(Diagnostic("name_taken", span, {"name": member, "first_line": taken}, source.file))
                continue
            out[member] = body
            place.children.setdefault(member, inside)
    return out


def _walk(name: str, step: AnyStep, place: Place) -> Iterator[tuple[str, AnyStep, Place]]:
    """A step and all that is inside it, in the order of the document."""
    yield name, step, place
    if isinstance(step, GroupStep):
        inside = place.children[step.WORD].children
        for member, body in step.members.items():
            yield from _walk(member, body, inside[member])
