"""The whole model in one process behind MLServer: scikit-learn's `Pipeline`."""

import os
from typing import List  # noqa: UP035

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
    async def predict(self, texts: List[str]) -> List[str]:  # noqa: UP006
        """Name the categories. MLServer finds its codecs by just these types."""
        categories: list[str] = self._pipeline.predict(texts).tolist()
        return categories
