"""Marks of tests that need something of this machine."""

from __future__ import annotations

import pytest

from local_sagemaker.containers import namespaces

own_opt_ml = pytest.mark.skipif(namespaces.unavailable() is not None, reason=f"no /opt/ml: {namespaces.unavailable()}")
"""For what needs a mount namespace for each container."""
