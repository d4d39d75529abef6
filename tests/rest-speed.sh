#!/bin/sh
# How fast the control plane answers, beside a bare actix-web in the same run: requests a second on one core, and latency at
# half of that. Needs wrk, curl and two cores: the server gets the first, wrk the second. The figures go to docs/performance.md.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
seconds=${SECONDS_EACH:-10}
port=${PORT:-8870}
data=$(mktemp -d)

cargo build --release --locked --bin colloquy --example bare
server= bare=
trap 'kill $server $bare 2>/dev/null || true; rm -rf "$data"' EXIT

taskset -c 0 "$target/release/examples/bare" $((port + 1)) & bare=$!
HOST=127.0.0.1 PORT=$port TUTOR_PORT= DATA_DIR="$data" API_KEYS=speed-key:speed@example.com RATE_LIMITS=off LOG_LEVEL=warn \
	MEDIA_THREADS=1 RTC_ADDRESSES=127.0.0.1 RTC_UDP_PORT=$((port + 10)) RTC_TCP_PORT=$((port + 11)) \
	taskset -c 0 "$target/release/colloquy" & server=$!
base=http://127.0.0.1:$port
until curl -sf "$base/health" >/dev/null; do sleep 0.2; done

api() { curl -sf -H "Authorization: Bearer speed-key" -H "Content-Type: application/json" "$@"; }
id=$(api -d '{"topic":"restaurant","language":"french"}' "$base/v1/conversations" | sed 's/.*"id":"\(conv_[^"]*\)".*/\1/')
# The opener, seven turns and a note make sixteen messages.
for _ in 1 2 3 4 5 6 7; do
	api -d '{"type":"text","content":"Une table pour deux, s’il vous plaît."}' "$base/v1/conversations/$id/messages" >/dev/null
done
api -d "{\"conversationId\":\"$id\",\"role\":\"system\",\"content\":\"note\"}" "$base/api/conversation-messages" >/dev/null
count=$(api "$base/v1/conversations/$id/messages" | grep -o '"sender"' | wc -l)
[ "$count" = 16 ] || { echo "expected 16 messages, found $count" >&2; exit 1; }

# $1: name, $2: URL. Prints requests a second.
rate() {
	taskset -c 1 wrk -t1 -c16 -d"${seconds}s" -H "Authorization: Bearer speed-key" "$2" | awk '/Requests\/sec/ { print int($2) }'
}
most=$(rate hello "http://127.0.0.1:$((port + 1))/")
echo "bare hello: $most requests/s"
for path in /v1/users/me "/v1/conversations/$id/messages"; do
	each=$(rate "$path" "$base$path")
	echo "$path: $each requests/s, $((100 * each / most))% of hello"
	# Half of that: connections that wait before each request.
	echo "function delay() return $((64 * 2000 / each)) end" >"$data/half.lua"
	taskset -c 1 wrk -t1 -c64 -d"${seconds}s" --latency -s "$data/half.lua" -H "Authorization: Bearer speed-key" "$base$path" |
		awk '/99%/ { p99 = $2 } /Requests\/sec/ { print "  at " int($2) " requests/s: p99 " p99 }'
done
