"""The code systems of FHIR under the short names of the language (``snomed:59621000``), and back."""

from __future__ import annotations

from typing import Final

LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
SNOMED: Final = "http://snomed.info/sct"

SHORT: Final[dict[str, str]] = {
    LOINC: "loinc",
    SNOMED: "snomed",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10",
    "http://hl7.org/fhir/sid/icd-10-cn": "icd10",
    "urn:oid:2.16.840.1.113883.6.90": "icd10",
    "urn:oid:2.16.840.1.113883.6.1": "loinc",
    "urn:oid:2.16.840.1.113883.6.96": "snomed",
    "urn:oid:2.16.840.1.113883.6.88": "rxnorm",
    "http://id.who.int/icd/release/11/mms": "icd11",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "http://www.whocc.no/atc": "atc",
    "http://hl7.org/fhir/sid/cvx": "cvx",
}
"""The address of a code system -> the word before the colon in a code list."""

AS_WELL: Final[dict[str, tuple[str, ...]]] = {"85354-9": ("55284-4", "72076-3")}
"""LOINC codes that older records use for the same panel: 55284-4 and 72076-3 are blood pressure without
components of their own names."""

HOME: Final = "264362003"
"""SNOMED CT: home as the environment."""


def short_code(system: str | None, code: str) -> str:
    """``system:code`` as code lists write it; the address itself where the language has no word for it."""
    if not system:
        return code
    return f"{SHORT.get(system, system)}:{code}"
