"""Open mHealth documents that tests post."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def pressure(id: str, at: datetime, systolic: int, diastolic: int = 80) -> dict[str, Any]:
    """One blood pressure, mm[Hg]."""
    return {
        "header": {
            "id": id,
            "creation_date_time": at.isoformat(),
            "schema_id": {"namespace": "omh", "name": "blood-pressure", "version": "4.0"},
        },
        "body": {
            "systolic_blood_pressure": {"value": systolic, "unit": "mmHg"},
            "diastolic_blood_pressure": {"value": diastolic, "unit": "mmHg"},
            "effective_time_frame": {"date_time": at.isoformat()},
        },
    }
