#!/bin/sh
# Runs on every machine of the job: what the image lacks is installed there, then the image's own entry point goes on.
# PYSPARK_PYTHON is the image's own Python; the first `python3` on its PATH is the operating system's.
set -e
here=/opt/ml/processing/input/code
"${PYSPARK_PYTHON:-python3}" -m pip install --quiet --root-user-action ignore --disable-pip-version-check --no-deps --no-compile --only-binary :all: \
    --requirement "$here/requirements.txt"
exec smspark-submit --py-files /opt/ml/processing/input/py-files "$@"
