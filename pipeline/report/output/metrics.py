"""`metrics.json`: every figure of the report, for scripts."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.report.figures.analysis import Analysis
from pipeline.report.figures.model.curves import CategoryCurves


def write(analysis: Analysis, path: Path) -> None:
    """Write the figures as JSON; what cannot be computed (a category without test records) is null."""
    path.write_text(json.dumps(plain(analysis), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def plain(analysis: Analysis) -> dict[str, Any]:
    """Return the figures as plain data, for JSON."""
    without_nan: dict[str, Any] = _without_nan(_as_dict(analysis))
    return without_nan


def _as_dict(analysis: Analysis) -> dict[str, Any]:
    model = analysis.model
    figures: dict[str, Any] = {
        **asdict(analysis.facts),
        "categories": list(analysis.categories),
        "data": asdict(analysis.data),
        "scores": asdict(model.scores),
        "confusion": {
            "order": [analysis.categories[position] for position in analysis.families],
            "counts": model.confusion[np.ix_(analysis.families, analysis.families)].tolist(),
            "most_confused": [asdict(pair) for pair in model.confused],
        },
        "curves": _areas(analysis.categories, model.curves),
        "one_vs_rest": {"alpha": model.one_vs_rest_alpha, **_areas(analysis.categories, model.one_vs_rest)},
        "reliability": asdict(model.reliability),
        "coverage": [asdict(point) for point in model.coverages],
        "accuracy_by_words": [asdict(item) for item in model.by_length],
        "accuracy_by_known_share": [asdict(item) for item in model.by_known_share],
        "telling_terms": {name: [asdict(term) for term in terms] for name, terms in model.telling.items()},
        "mistakes": [asdict(mistake) for mistake in model.mistakes],
    }
    if analysis.comparison is not None:
        figures["comparison"] = asdict(analysis.comparison)
    return figures


def _areas(categories: Sequence[str], curves: Sequence[CategoryCurves | None]) -> dict[str, Any]:
    known = [found for found in curves if found is not None]
    return {
        "macro_auc": float(np.mean([found.auc for found in known])) if known else math.nan,
        "macro_average_precision": float(np.mean([found.average_precision for found in known])) if known else math.nan,
        "per_category": {
            name: None if found is None else {"auc": found.auc, "average_precision": found.average_precision}
            for name, found in zip(categories, curves, strict=True)
        },
    }


def _without_nan(value: Any) -> Any:
    """Replace NaN, which JSON does not know."""
    if isinstance(value, dict):
        return {str(key): _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
