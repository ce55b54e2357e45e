#!/usr/bin/env bash
# Makes a virtual environment with the Python clients that the slow tests try: about 500 MB, for Python 3.10 to 3.14.
#
#     bash scripts/install-python-clients.sh FOLDER
#     CHATSTREAM_TEST_PYTHON=FOLDER/bin/python npm run test:slow
#
# The packages are those of test/slow/python/requirements.txt, all of them wheels: nothing is compiled.
set -euo pipefail
folder=${1:?which folder?}
source "$(dirname "$0")/attempt.sh"
requirements=$(dirname "$0")/../test/slow/python/requirements.txt

# Debian's python3 comes without ensurepip, which makes the pip of an environment.
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  attempt apt-get update -qq
  attempt apt-get install -qq -y python3 python3-venv
fi

python3 -m venv "$folder"
# The list is complete, so that nothing is left to resolve.
attempt "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps --only-binary :all: \
  -r "$requirements"
"$folder/bin/python" -m pip check
