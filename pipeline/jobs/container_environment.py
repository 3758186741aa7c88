"""What a container's environment says of the model that it serves; `status` reads it there."""

from __future__ import annotations

RUN_VARIABLE = "PIPELINE_RUN"
"""The run whose model it serves."""
CODE_VARIABLE = "PIPELINE_CODE_SHA256"
"""The digest of the code that serves it."""
MANIFEST_VARIABLE = "PIPELINE_MANIFEST_SHA256"
"""The digest of its artefact's manifest.json; another one is not served."""
