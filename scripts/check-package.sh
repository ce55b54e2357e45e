#!/usr/bin/env bash
# Packs the package, installs it globally into an empty folder as a user would, and runs it there.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

npm pack --silent --pack-destination "$work" >/dev/null
tarball=$(echo "$work"/chatstream-*.tgz)

wanted='package\.json|LICENSE|oclif\.manifest\.json|bin/run\.js|dist/.+\.(js|d\.ts)|dist/console/(index\.html|assets/[A-Za-z0-9_.-]+\.(css|svg|woff2))|models/bundled\.gguf|schemas/.+\.json'
documentation='(README|CHANGELOG|CONTRIBUTING)\.md|docs/(architecture/)?[a-z-]+\.md|docs/images/[a-z-]+\.webp|examples/.+|models/README\.md|benchmarks/[a-z]+/README\.md'
unwanted=$(tar -tzf "$tarball" | grep -Ev "^package/($wanted|$documentation)$" || true)
if [ -n "$unwanted" ]; then
  printf 'The package contains files that users do not need:\n%s\n' "$unwanted" >&2
  exit 1
fi

# Links in the documentation must not lead to files that are only in the repository.
tar -xzf "$tarball" -C "$work"
node scripts/check-links.js "$work/package"

# With the oldest Node.js that is supported: npm must not warn that a dependency needs a newer one. It does not read
# this package's lock file or overrides, only the ranges in package.json.
mkdir "$work/prefix"
if ! npx -y -p node@20.19 npm install --global --prefix "$work/prefix" "$tarball" >"$work/install.log" 2>&1 ||
  grep -q EBADENGINE "$work/install.log"; then
  printf 'npm install on Node.js 20.19:\n%s\n' "$(cat "$work/install.log")" >&2
  exit 1
fi
cd "$work"
PATH="$work/prefix/bin:$PATH"
chatstream --version
chatstream serve --help >/dev/null

# The ready line arrives, an answer arrives, and after SIGTERM the exit code is 0.
chatstream serve --engine mock --port 0 --json >ready.json &
server=$!
for _ in $(seq 600); do
  if [ -s ready.json ]; then break; fi
  sleep 0.1
done
url=$(node -p "JSON.parse(fs.readFileSync('ready.json', 'utf8')).url")
node -e "
  fetch('$url/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }] }),
  })
    .then((response) => response.json())
    .then((body) => console.log(body.choices[0].message.content));
"
# The page of the console comes with the package, and so does what it loads.
node -e "
  fetch('$url/')
    .then((response) => response.text())
    .then((page) => fetch(new URL(/src=\"([^\"]+)\"/.exec(page)[1], '$url/')))
    .then((response) => { if (!response.ok) throw new Error('The console is not in the package.'); });
"
kill -TERM "$server"
wait "$server"
server=
echo "The installed package works."
