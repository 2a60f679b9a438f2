"""Codes of what several pathways of one patient share."""

from __future__ import annotations

from pathways.lang.code import Code, error

MERGE_CODES: tuple[Code, ...] = (
    error(
        "merge_fixed",
        (
            "`{name}` is fixed in this pathway: it cannot give way to the number of another one",
            "`{name}` 在本路径中是固定值：不能让位于其他路径的数值",
        ),
        (
            "Give it `adjustable: {{range: …, by: […]}}`, or leave it out of `merge`; of fixed thresholds each pathway "
            "keeps its own, and the first that is reached acts.",
            "请为其写 `adjustable: {{range: …, by: […]}}`，或从 `merge` 中去掉；"
            "固定阈值由各路径各自判断，先达到者先触发。",
        ),
    ),
)
