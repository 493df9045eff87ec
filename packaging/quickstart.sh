#!/usr/bin/env bash
# Builds the agent, starts it on a private unix socket, lets the host's command line talk to it, and
# leaves nothing behind but the build. Needs a JDK 17 or newer and Maven 3.8.7 or newer.
set -euo pipefail

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd -- "$root"

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

work=
agent=
cleanup() {
  if [ -n "$agent" ]; then
    kill -TERM "$agent" 2>/dev/null || true
    wait "$agent" 2>/dev/null || true
  fi
  if [ -n "$work" ]; then
    rm -rf -- "$work"
  fi
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

command -v mvn >/dev/null || fail "Maven is missing; on Debian: apt-get install maven"
command -v javac >/dev/null || [ -n "${JAVA_HOME:-}" ] \
  || fail "a JDK is missing; on Debian: apt-get install openjdk-17-jdk-headless"

say "Building (tests are left out; 'mvn verify' runs them)"
mvn -B -q -ntp -DskipTests -Dformat.goal=check package

bin=$root/agent-app/target/limiquantix-agent/bin
work=$(mktemp -d "${TMPDIR:-/tmp}/limiquantix.XXXXXX")
socket=$work/agent.sock

qx() {
  printf '\n$ qx-guest'
  printf ' %q' "$@"
  echo
  "$bin/qx-guest" --connect "unix:$socket" "$@"
}

say "Starting an agent on $socket"
echo 'device_path: none' >"$work/agent.yaml"
"$bin/limiquantix-agent" --config "$work/agent.yaml" --listen "unix:$socket" >"$work/agent.log" 2>&1 &
agent=$!
for _ in $(seq 100); do
  [ -S "$socket" ] && break
  kill -0 "$agent" 2>/dev/null || { cat "$work/agent.log" >&2; fail "the agent did not start"; }
  sleep 0.1
done
[ -S "$socket" ] || { cat "$work/agent.log" >&2; fail "the agent did not listen within 10 s"; }

say "What the host sees"
qx info
qx ping -c 3 -i 0.2

say "A command: its output is passed on, and so is its exit code"
code=0
qx exec -- sh -c 'echo "to stdout, from $(uname -sr)"; echo "to stderr" >&2; exit 7' || code=$?
echo "exit code $code"
[ "$code" = 7 ] || fail "the command's exit code 7 did not arrive"

say "A command that is cancelled: SIGINT at the host ends it and what it started in the guest"
# A number that no other process has among its arguments.
seconds=$((100000 + $$ % 100000))
processes() {
  local file count=0
  for file in /proc/[0-9]*/cmdline; do
    if [ "$(tr '\0' ' ' 2>/dev/null <"$file")" = "sleep $seconds " ]; then
      count=$((count + 1))
    fi
  done
  echo "$count"
}
await_processes() {
  for _ in $(seq 100); do
    [ "$(processes)" = "$1" ] && return
    sleep 0.1
  done
  fail "expected $1 processes 'sleep $seconds' in the guest, found $(processes)"
}

printf '\n$ qx-guest exec -- sh -c "sleep %s & wait"\n' "$seconds"
# A shell without job control starts background commands with SIGINT ignored; with it, it does not.
set -m
"$bin/qx-guest" --connect "unix:$socket" exec -- sh -c "sleep $seconds & wait" &
client=$!
set +m
await_processes 1
echo "it runs in the guest: $(processes) process"
echo "sending SIGINT to qx-guest"
kill -INT "$client"
code=0
wait "$client" || code=$?
echo "exit code $code"
[ "$code" = 130 ] || fail "a cancelled command should end qx-guest with 130"
await_processes 0
echo "left in the guest: $(processes) processes"

say "Stopping the agent by SIGTERM"
kill -TERM "$agent"
code=0
wait "$agent" || code=$?
agent=
echo "exit code $code"
[ "$code" = 0 ] || { cat "$work/agent.log" >&2; fail "the agent did not end cleanly"; }
[ ! -e "$socket" ] || fail "the agent left its socket behind"

say "Its log: one record per call, without contents"
cat "$work/agent.log"

say "Done. The programs are in $bin"
