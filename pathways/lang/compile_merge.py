"""`merge`: the stated answer for numbers that several pathways of one patient share."""

from __future__ import annotations

from pathways.lang.compile_reader import Reader


def check_merge(r: Reader) -> None:
    """Only numbers of this pathway that may be set for a patient can give way to those of another."""
    for name in r.spec.merge:
        at = ("merge", name)
        known = r.one_of("unknown_name", name, at, r.spec.parameters, key=True)
        if known and r.spec.parameters[name].adjustable is None:
            r.say("merge_fixed", at, key=True, name=name)
