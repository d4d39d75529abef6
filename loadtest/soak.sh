#!/bin/sh
# Calls a server of its own for half an hour, as many callers coming and going as make 80% of what it carries, requests beside,
# and holds the run against thresholds/soak.toml: memory flat, nothing left behind, nothing unexplained in the log. The server
# runs on the first core and the load test on the second, where there are two. docs/loadtest.md explains the settings:
#
#   MINUTES=30  CALLERS=80%  ENGINES=embedded|scripted  OUT=directory for report.json, report.html and server.log
#   BUILT=1: the programs are there, below CARGO_TARGET_DIR (or in PROGRAMS)
#
# What else is given is passed on to the load test. Exits with 2 if a limit is broken.
set -eu
cd "$(dirname "$0")/.."
minutes=${MINUTES:-30} callers=${CALLERS:-80%} engines=${ENGINES:-embedded} port=${PORT:-8850}
out=${OUT:-${CARGO_TARGET_DIR:-target}/soak}
programs=${PROGRAMS:-${CARGO_TARGET_DIR:-target}/release}
[ -n "${BUILT:-}" ] || cargo build --release --locked --bin colloquy -p colloquy -p colloquy-loadtest --bin colloquy-loadtest

mkdir -p "$out"
data=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$data"' EXIT
trap 'exit 1' INT TERM

on_server= on_callers= scripted=
if [ "$(nproc)" -ge 2 ] && command -v taskset >/dev/null; then
	on_server="taskset -c 0" on_callers="taskset -c 1"
fi
[ "$engines" = embedded ] || scripted=--scripted

HOST=127.0.0.1 PORT=$port TUTOR_PORT= DATA_DIR="$data" RATE_LIMITS=off LOG_LEVEL=info MEDIA_THREADS=1 \
	RTC_ADDRESSES=127.0.0.1 RTC_UDP_PORT=$((port + 10)) RTC_TCP_PORT=$((port + 11)) \
	STT=$engines LLM=$engines TTS=$engines $on_server "$programs/colloquy" 2>"$out/server.log" &
server=$!
until grep -q "ready" "$out/server.log"; do
	kill -0 $server 2>/dev/null || { cat "$out/server.log" >&2; exit 1; }
	sleep 0.2
done

$on_callers "$programs/colloquy-loadtest" --url "http://127.0.0.1:$port" --minutes "$minutes" --callers "$callers" --ramp 4/s \
	--turns 2 --thinking-ms 1500 --rest 20/s --server-pid $server --metrics --server-log "$out/server.log" --left-behind --floor \
	--json "$out/report.json" --html "$out/report.html" --thresholds loadtest/thresholds/soak.toml $scripted "$@"
