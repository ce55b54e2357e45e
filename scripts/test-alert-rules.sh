#!/usr/bin/env bash
# Tries out the alert rules of examples/grafana with promtool. Where there is none, Debian's is unpacked into a folder that is
# removed again: installing the package would start a Prometheus.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/attempt.sh

promtool=$(command -v promtool || true)
if [ -z "$promtool" ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  (
    cd "$folder"
    apt-get download -qq prometheus 2> /dev/null || { attempt apt-get update -qq && attempt apt-get download -qq prometheus; }
    dpkg-deb -x prometheus_*.deb .
  )
  promtool=$folder/usr/bin/promtool
fi
cd examples/grafana
"$promtool" check rules alerts.yml
"$promtool" test rules alerts.test.yml
