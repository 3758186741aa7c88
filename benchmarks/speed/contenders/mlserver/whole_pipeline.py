"""The whole model in one process behind MLServer: scikit-learn's `Pipeline`."""

from __future__ import annotations

import os

import joblib
from mlserver import MLModel
from mlserver.codecs import decode_args


class WholePipeline(MLModel):
    """Texts in, categories out."""

    async def load(self) -> bool:
        """Unpickle."""
        self._pipeline = joblib.load(os.environ["PIPELINE"])
        return True

    @decode_args
    async def predict(self, texts: list[str]) -> list[str]:
        """Name the categories."""
        categories: list[str] = self._pipeline.predict(texts).tolist()
        return categories
