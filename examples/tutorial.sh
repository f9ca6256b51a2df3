#!/usr/bin/env bash
# The tutorial, as a script: a server of one's own, a watcher, and one record that is created, changed and deleted.
# It needs bash, curl and a built kumocast (npm ci && npm run build). It writes to a temporary directory only, stops
# only what it started, and fails when a change does not arrive.
#
#   bash examples/tutorial.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# How long to wait for anything, in seconds.
PATIENCE=20
# Any name and password will do: whoever logs in with them is somebody, always the same one.
USER_AND_PASSWORD=token:alice-token

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
# Prints a command as it can be typed, then runs it. On stderr, so that its output can be kept.
show() {
  local word line='$'
  for word in "$@"; do
    if [[ $word =~ ^[A-Za-z0-9_./:=@-]+$ ]]; then line+=" $word"; else line+=" '$word'"; fi
  done
  printf '%s\n' "$line" >&2
  "$@"
}
fail() {
  printf 'tutorial: %s\n' "$*" >&2
  exit 1
}

# Waits until the file has a line with the text; prints that line.
await_line() { # file text
  local deadline=$((SECONDS + PATIENCE))
  until grep --max-count=1 --fixed-strings -- "$2" "$1"; do
    ((SECONDS < deadline)) || fail "no \"$2\" within $PATIENCE s. $1 has: $(cat "$1")"
    sleep 0.1
  done
}

[[ -f dist/main.js ]] || fail 'kumocast is not built: run `npm ci && npm run build` first'

# The settings are in the file alone: whatever the environment says is meant for another server.
while IFS='=' read -r name _; do
  if [[ $name == KINTO_* || $name == KUMOCAST_* ]]; then unset "$name"; fi
done < <(env)

directory=$(mktemp -d)
started=()
clean_up() {
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  for process in "${started[@]}"; do wait "$process" 2>/dev/null || true; done
  rm -rf "$directory"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say '1. Configure: a settings file with secrets that nobody else has'
show node dist/main.js init --ini "$directory/kumocast.ini"
grep '^kinto.event_listeners' "$directory/kumocast.ini"

say '2. Start the server, on a free port'
node dist/main.js start --ini "$directory/kumocast.ini" --port 0 >"$directory/server.log" 2>&1 &
started+=($!)
line=$(await_line "$directory/server.log" 'Serving http')
[[ $line =~ (http://[^[:space:]]+)/v1/ ]] || fail "no address in: $line"
server=${BASH_REMATCH[1]}
echo "$server"

say '3. Watch the collection "tasks", with the stock pusher-js client'
node examples/watch.mjs --server "$server" --user "$USER_AND_PASSWORD" >"$directory/watch.log" 2>&1 &
started+=($!)
await_line "$directory/watch.log" Subscribed

records=$server/v1/buckets/default/collections/tasks/records
json='Content-Type: application/json'

say '4. Create a record'
created=$(show curl --silent --show-error --fail --user "$USER_AND_PASSWORD" --header "$json" \
  --data '{"data":{"name":"bob"}}' "$records")
echo "$created"
id=$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' <<<"$created")
[[ -n $id ]] || fail 'the answer has no id'
await_line "$directory/watch.log" "create  $id"

say '5. Update it'
show curl --silent --show-error --fail --user "$USER_AND_PASSWORD" --header "$json" \
  --request PATCH --data '{"data":{"name":"alice"}}' "$records/$id"
echo
await_line "$directory/watch.log" "update  $id"

say '6. Delete it'
show curl --silent --show-error --fail --user "$USER_AND_PASSWORD" --request DELETE "$records/$id"
echo
await_line "$directory/watch.log" "delete  $id"

say 'A create, an update and a delete: each arrived.'
