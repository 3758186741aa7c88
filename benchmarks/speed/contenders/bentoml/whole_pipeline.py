"""The whole model in one process behind BentoML: scikit-learn's `Pipeline`."""

from __future__ import annotations

import os

import bentoml
import joblib


@bentoml.service(workers=1)
class WholePipeline:
    """Texts in, categories out."""

    def __init__(self) -> None:
        self._pipeline = joblib.load(os.environ["PIPELINE"])

    @bentoml.api
    def classify(self, texts: list[str]) -> list[str]:
        """Name the categories."""
        categories: list[str] = self._pipeline.predict(texts).tolist()
        return categories
