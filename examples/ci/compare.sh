#!/usr/bin/env bash
# Measures two servers alternately with `chatstream bench`, and fails if the candidate is slower than the baseline.
#
# Both run at the same time, and the load alternates between them, so that other activity on the machine affects both
# alike. Exit codes are those of `chatstream bench`: 0 pass, 10 regression, 11 inconclusive (with STRICT=1), other codes
# for errors. The script runs in the folder of your project, from the package: node_modules/chatstream/examples/ci/compare.sh
#
# Settings are environment variables. Each side is a server that is running already, or a command that starts one:
#   BASELINE_URL, CANDIDATE_URL            address of a server, or where its command makes it listen
#   BASELINE_COMMAND, CANDIDATE_COMMAND    shell command that starts a server and does not return. It should listen on
#                                          port $PORT of 127.0.0.1, which is a free one, unless the side has a URL.
#   COMMAND             the command for sides that have neither
#   BASELINE_REVISION, CANDIDATE_REVISION  revision of this repository in which the command runs   [the current folder]
#   BUILD               shell command that prepares the checkout of a revision   [npm ci]
#   BENCH_ARGS          the load, as flags of bench         [-c 4 -n 4 -r 50 --trials 3..20 --max-duration 15m]
#                       On a busy machine, add --duet: both servers are measured at the same time, which decides sooner.
#   FAIL_ON             thresholds, separated by commas     [ttft.p95>10%,output_tokens_per_second<10%]
#   STRICT              1: also fail if the result is inconclusive
#   ALLOW_SAME          1: both sides may be the same server, or the same command in the same revision. That shows how much
#                       the machine's noise is, and checks no change, so it is an error otherwise.
#   REPORT_DIR          folder for result.json, report.md, report.xml and the logs of the servers   [performance]
#   READY_SECONDS       longest wait for a server           [120]
#   BENCH_MINUTES       longest measurement; what has been measured by then is reported   [30]
set -euo pipefail

default_bench_args='-c 4 -n 4 -r 50 --trials 3..20 --max-duration 15m'

report_dir=${REPORT_DIR:-performance}
ready_seconds=${READY_SECONDS:-120}
bench_minutes=${BENCH_MINUTES:-30}
read -r -a bench_args <<<"${BENCH_ARGS:-$default_bench_args}"

package=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
chatstream=(npx --no-install chatstream)
if [[ -f $package/bin/run.js ]]; then chatstream=(node "$package/bin/run.js"); fi

work=$(mktemp -d)
groups=
worktrees=

# Stops only what this script has started, together with everything that was started by it.
clean_up() {
  local pid name
  trap '' INT TERM HUP
  for pid in $groups; do kill -TERM -- "-$pid" 2>/dev/null || true; done
  for pid in $groups; do
    for _ in {1..100}; do
      kill -0 -- "-$pid" 2>/dev/null || continue 2
      sleep 0.1
    done
    kill -KILL -- "-$pid" 2>/dev/null || true
  done
  for name in $worktrees; do git worktree remove --force "$work/$name" || true; done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  echo "compare: $*" >&2
  exit 1
}

# Starts a job in the background and in a process group of its own: a signal to this script need not wait for it, and its
# whole group can be stopped. Sets $job to its process.
start() { # COMMAND…
  set -m
  "$@" </dev/null &
  job=$!
  set +m
  groups="$groups $job"
}

# Sets $folder to where the command of a side runs: the current folder, or the same one in a checkout of a revision.
prepare() { # NAME REVISION
  folder=$PWD
  if [[ -z $2 ]]; then return; fi
  git worktree add --quiet --detach "$work/$1" "$2" >&2
  worktrees="$worktrees $1"
  folder=$work/$1/$(git rev-parse --show-prefix)
  start run_in "$folder" "${BUILD:-npm ci}" >&2
  wait "$job" || fail "the $1 revision could not be built"
}

run_in() { # FOLDER COMMAND
  cd "$1" && exec bash -c "$2"
}

# Whether a server that a command has started takes requests. Many answer 503 on /health while they load; those without it must list their models.
is_ready() { # URL
  node -e '
    const base = process.argv[1].replace(/(\/v1)?\/*$/, "");
    const status = async (path) => (await fetch(base + path, { signal: AbortSignal.timeout(5000) })).status;
    const isReady = async () => {
      const health = await status("/health");
      return health < 300 || (health < 500 && (await status("/v1/models")) < 500);
    };
    isReady().then((yes) => process.exit(yes ? 0 : 1), () => process.exit(1));
  ' "$1"
}

# A server that runs already is left to bench, which knows all kinds of addresses: see --wait-ready.
wait_for() { # NAME URL PROCESS
  local deadline=$((SECONDS + ready_seconds)) log=$report_dir/$1.log
  if [[ -z $3 ]]; then return; fi
  until is_ready "$2"; do
    if ! kill -0 "$3" 2>/dev/null; then
      tail -n 50 "$log" >&2
      fail "the $1 server ended before it was ready"
    fi
    if ((SECONDS >= deadline)); then
      tail -n 50 "$log" >&2
      fail "the $1 server was not ready at $2 after $ready_seconds s"
    fi
    sleep 0.3
  done
}

# What is measured: the address of a server that runs already, or a command and the commit in which it runs, if any.
side() { # URL COMMAND REVISION
  local command=$2 commit=
  if [[ -z $1$2 ]]; then command=${COMMAND:-}; fi
  if [[ -z $command ]]; then
    printf '%s' "$1"
  else
    if [[ -n $3 ]]; then commit=$(git rev-parse --verify --quiet "$3^{commit}" || printf '%s' "$3"); fi
    printf '%s in %s' "$command" "${commit:-the current folder}"
  fi
}

# A gate between a server and itself always passes: what is wrong is most likely an empty variable of a workflow.
refuse_same() {
  local baseline candidate
  baseline=$(side "${BASELINE_URL:-}" "${BASELINE_COMMAND:-}" "${BASELINE_REVISION:-}")
  candidate=$(side "${CANDIDATE_URL:-}" "${CANDIDATE_COMMAND:-}" "${CANDIDATE_REVISION:-}")
  if [[ ${ALLOW_SAME:-} == 1 || $baseline != "$candidate" || -z $baseline ]]; then return; fi
  fail "both sides are the same, '$baseline': set BASELINE_REVISION (it is '${BASELINE_REVISION:-}'), or ALLOW_SAME=1"
}

# Starts the server of a side, if it has a command. Sets $url and $job, which is empty for a server that runs already.
serve() { # NAME URL COMMAND REVISION PORT
  local command=$3
  if [[ -z $2$3 ]]; then command=${COMMAND:-}; fi
  url=${2:-http://127.0.0.1:$5}
  job=
  if [[ -n $command ]]; then
    prepare "$1" "$4"
    PORT=$5 start run_in "$folder" "$command" >"$report_dir/$1.log" 2>&1
  elif [[ -z $2 ]]; then
    fail "the $1 server has neither a command nor a URL: see the settings in ${BASH_SOURCE[0]}"
  fi
}

# On the branch of the baseline itself, there is nothing to see but noise. That is no mistake, and is said.
note_same_code() {
  if [[ -z ${BASELINE_REVISION:-} || -n ${CANDIDATE_REVISION:-} ]]; then return; fi
  if [[ -n ${BASELINE_URL:-}${CANDIDATE_URL:-}${BASELINE_COMMAND:-}${CANDIDATE_COMMAND:-} ]]; then return; fi
  if ! git diff --quiet "$BASELINE_REVISION" -- 2>/dev/null; then return; fi
  echo "compare: the current folder has no changes since $BASELINE_REVISION, so that both sides run the same code" >&2
}

refuse_same
note_same_code
mkdir -p "$report_dir"
read -r baseline_port candidate_port < <(node -e '
  const servers = [0, 1].map(() => require("node:net").createServer().listen(0, "127.0.0.1"));
  Promise.all(servers.map((server) => require("node:events").once(server, "listening"))).then(() => {
    console.log(servers.map((server) => server.address().port).join(" "));
    servers.forEach((server) => server.close());
  });
')

serve baseline "${BASELINE_URL:-}" "${BASELINE_COMMAND:-}" "${BASELINE_REVISION:-}" "$baseline_port"
baseline_url=$url baseline=$job
serve candidate "${CANDIDATE_URL:-}" "${CANDIDATE_COMMAND:-}" "${CANDIDATE_REVISION:-}" "$candidate_port"
candidate_url=$url candidate=$job
wait_for baseline "$baseline_url" "$baseline"
wait_for candidate "$candidate_url" "$candidate"

flags=(--fail-on "${FAIL_ON:-ttft.p95>10%,output_tokens_per_second<10%}")
if [[ ${STRICT:-} == 1 ]]; then flags+=(--strict); fi
if [[ ${GITHUB_ACTIONS:-} == true ]]; then flags+=(--github); fi
if [[ -z $baseline || -z $candidate ]] && [[ " ${bench_args[*]}" != *' --wait-ready'* ]]; then
  flags+=(--wait-ready "${ready_seconds}s")
fi

start "${chatstream[@]}" bench --url "$candidate_url" --versus "$baseline_url" "${bench_args[@]}" "${flags[@]}" \
  -o "$report_dir/result.json" -o "$report_dir/report.md" -o "$report_dir/report.xml"
deadline=$((SECONDS + bench_minutes * 60))
while kill -0 "$job" 2>/dev/null; do
  if ((SECONDS >= deadline)); then
    echo "compare: stopped after $bench_minutes minutes" >&2
    kill -TERM "$job"
    break
  fi
  sleep 1
done
wait "$job"
