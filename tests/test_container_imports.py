"""What the training jobs leave out when they import scikit-learn: it is there when somebody needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.container_sources import CLASSIFIER, PREPROCESSOR

PROGRAM = """
import sys
import {package}.job.scikit_learn
assert "scipy.stats" not in sys.modules, "it takes longer than all else of the import"
assert "pandas" not in sys.modules
assert "scipy.interpolate" not in sys.modules and "scipy.optimize" not in sys.modules

import numpy as np
from sklearn.feature_selection import f_classif
from sklearn.preprocessing import QuantileTransformer

values = QuantileTransformer(n_quantiles=5, output_distribution="normal").fit_transform(np.arange(5.0)[:, None])
assert abs(values[2, 0]) < 1e-6 < values[3, 0], "which asks SciPy for its normal distribution"
assert f_classif(np.arange(6.0)[:, None], [0, 0, 0, 1, 1, 1])[1][0] < 0.05, "and this for that of F"
import scipy.stats
assert scipy.stats.norm.cdf(0) == 0.5
from sklearn.preprocessing._polynomial import PolynomialFeatures
assert PolynomialFeatures(2).fit_transform([[2.0]]).tolist() == [[1.0, 2.0, 4.0]]
print("done")
"""


@pytest.mark.parametrize("folder", [PREPROCESSOR, CLASSIFIER], ids=["preprocessor", "classifier"])
def test_scikit_learn_comes_without_statistics_and_gets_them_when_it_asks(folder: Path) -> None:
    program = PROGRAM.format(package=folder.name.removesuffix("_container"))
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("done\n", "")
