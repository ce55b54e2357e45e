#!/usr/bin/env bash
# Measures two revisions of a project that serves a model with chatstream, and fails if the newer one is slower.
#
# Both servers run at the same time, and the load alternates between them, so that other activity on the machine affects
# both alike. Exit codes are those of `chatstream bench`: 0 pass, 10 regression, 11 inconclusive (with STRICT=1), other
# codes for errors.
#
# Settings are environment variables:
#   BASELINE_REVISION   revision to compare with            [origin/main]
#   CANDIDATE_REVISION  revision to test                    [HEAD]
#   BASELINE_DIR, CANDIDATE_DIR   folders with built checkouts, instead of revisions
#   SERVE_ARGS          flags for both servers              [none: the bundled model]
#   BASELINE_SERVE_ARGS, CANDIDATE_SERVE_ARGS   additional flags for one of them
#   BENCH_ARGS          the load                            [-c 4 -n 4 -r 100 --trials 10]
#   FAIL_ON             thresholds, separated by commas     [ttft.p95>10%,output_tokens_per_second<10%]
#   STRICT              1: also fail if the result is inconclusive
#   REPORT_DIR          folder for result.json, report.md and report.xml   [performance]
#   READY_SECONDS       longest wait for a server           [120]
#   BENCH_MINUTES       longest measurement                 [30]
set -euo pipefail

report_dir=${REPORT_DIR:-performance}
ready_seconds=${READY_SECONDS:-120}
bench_minutes=${BENCH_MINUTES:-30}
fail_on=${FAIL_ON:-ttft.p95>10%,output_tokens_per_second<10%}
read -r -a serve_args <<<"${SERVE_ARGS:-}"
read -r -a baseline_serve_args <<<"${BASELINE_SERVE_ARGS:-}"
read -r -a candidate_serve_args <<<"${CANDIDATE_SERVE_ARGS:-}"
read -r -a bench_args <<<"${BENCH_ARGS:--c 4 -n 4 -r 100 --trials 10}"

work=$(mktemp -d)
pids=()
worktrees=()

# Stops only what this script has started.
clean_up() {
  local pid path
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do
    for _ in $(seq 100); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  for path in "${worktrees[@]}"; do git worktree remove --force "$path" || true; done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  echo "compare-revisions: $*" >&2
  exit 1
}

# Checks out a revision and builds it: npm ci runs the build.
build() { # NAME REVISION
  local path=$work/$1
  git worktree add --quiet --detach "$path" "$2" >&2
  worktrees+=("$path")
  (cd "$path" && npm ci --no-audit --no-fund) >&2
  checkout=$path
}

start() { # NAME DIR FLAGS…
  local name=$1 dir=$2
  shift 2
  node "$dir/bin/run.js" serve --json --log-level warn --host 127.0.0.1 --port 0 "$@" \
    >"$work/$name.out" 2>"$work/$name.log" &
  pids+=($!)
}

# Prints the address of a server once it is ready, from the first line of its output.
address_of() { # NAME PID
  local deadline=$((SECONDS + ready_seconds))
  until grep -q '"event":"ready"' "$work/$1.out"; do
    if ! kill -0 "$2" 2>/dev/null; then
      cat "$work/$1.out" "$work/$1.log" >&2
      fail "the $1 server ended before it was ready"
    fi
    if ((SECONDS >= deadline)); then
      cat "$work/$1.log" >&2
      fail "the $1 server was not ready after $ready_seconds s"
    fi
    sleep 0.2
  done
  sed -n 's/.*"event":"ready","url":"\([^"]*\)".*/\1/p' "$work/$1.out" | head -n 1
}

baseline=${BASELINE_DIR:-}
candidate=${CANDIDATE_DIR:-}
if [[ -z $baseline ]]; then
  build baseline "${BASELINE_REVISION:-origin/main}"
  baseline=$checkout
fi
if [[ -z $candidate ]]; then
  build candidate "${CANDIDATE_REVISION:-HEAD}"
  candidate=$checkout
fi

start baseline "$baseline" "${serve_args[@]}" "${baseline_serve_args[@]}"
start candidate "$candidate" "${serve_args[@]}" "${candidate_serve_args[@]}"
baseline_url=$(address_of baseline "${pids[0]}")
candidate_url=$(address_of candidate "${pids[1]}")

flags=(--fail-on "$fail_on")
if [[ ${STRICT:-} == 1 ]]; then flags+=(--strict); fi
if [[ ${GITHUB_ACTIONS:-} == true ]]; then flags+=(--github); fi

mkdir -p "$report_dir"
# Runs in the background, so that a signal to this script need not wait for the measurement.
timeout --kill-after=30 "$((bench_minutes * 60))" \
  node "$candidate/bin/run.js" bench --url "$candidate_url" --versus "$baseline_url" "${bench_args[@]}" "${flags[@]}" \
  -o "$report_dir/result.json" -o "$report_dir/report.md" -o "$report_dir/report.xml" &
pids+=($!)
status=0
wait "${pids[2]}" || status=$?
if ((status == 124)); then echo "compare-revisions: stopped after $bench_minutes minutes" >&2; fi
exit "$status"
