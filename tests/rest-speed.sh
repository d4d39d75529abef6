#!/bin/sh
# How fast the control plane answers, beside a bare actix-web in the same run: requests a second on one core, with an API key
# and with an access token (RS256), and the latency at half of that. Needs wrk, curl and two cores: the server gets the first,
# wrk the second; whatever else runs there disturbs. Exits with 1 unless each is at least a fifth of the bare server's, with a
# p99 of at most 10 ms at half that load. The figures go to docs/performance.md.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
seconds=${SECONDS_EACH:-10}
port=${PORT:-8870}
data=$(mktemp -d)

[ -n "${BUILT:-}" ] || cargo build --release --locked --bin colloquy --example bare
server= bare=
trap 'kill $server $bare 2>/dev/null || true; rm -rf "$data"' EXIT

taskset -c 0 "$target/release/examples/bare" $((port + 1)) & bare=$!
HOST=127.0.0.1 PORT=$port TUTOR_PORT= DATA_DIR="$data" API_KEYS=speed-key:speed@example.com RATE_LIMITS=off LOG_LEVEL=warn \
	MEDIA_THREADS=1 RTC_ADDRESSES=127.0.0.1 RTC_UDP_PORT=$((port + 10)) RTC_TCP_PORT=$((port + 11)) \
	taskset -c 0 "$target/release/colloquy" & server=$!
base=http://127.0.0.1:$port
until curl -sf "$base/health" >/dev/null; do sleep 0.2; done

# $1: the credential; the rest goes to curl.
api() {
	credential=$1
	shift
	curl -sf -H "Authorization: Bearer $credential" -H "Content-Type: application/json" "$@"
}

# $1: the credential. Prints the id of a conversation of seventeen messages: the opener and eight turns.
converse() {
	id=$(api "$1" -d '{"topic":"restaurant","language":"french"}' "$base/v1/conversations" |
		sed 's/.*"id":"\(conv_[^"]*\)".*/\1/')
	for _ in 1 2 3 4 5 6 7 8; do
		api "$1" -d '{"type":"text","content":"Une table pour deux, s’il vous plaît."}' \
			"$base/v1/conversations/$id/messages" >/dev/null
	done
	count=$(api "$1" "$base/v1/conversations/$id/messages" | grep -o '"sender"' | wc -l)
	[ "$count" = 17 ] || { echo "expected 17 messages, found $count" >&2; exit 1; }
	echo "$id"
}

# $1: the credential, $2: the connections, $3: a URL; the rest goes to wrk. Prints its report, which must hold no refusal.
load() {
	credential=$1 connections=$2 url=$3
	shift 3
	taskset -c 1 wrk -t1 -c"$connections" -d"${seconds}s" -H "Authorization: Bearer $credential" "$@" "$url" >"$data/report"
	if grep -q "Non-2xx" "$data/report"; then
		cat "$data/report" >&2
		exit 1
	fi
	cat "$data/report"
}

# $1: a process. Prints the CPU time that it has taken, in hundredths of a second.
cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# $1: a process, $2: the credential, $3: a URL. Prints its requests a second, and the CPU time of each in microseconds.
rate() {
	before=$(cpu "$1")
	load "$2" 16 "$3" >/dev/null
	awk -v spent=$(($(cpu "$1") - before)) '
		/requests in/ { count = $1 }
		/Requests\/sec/ { print int($2), spent * 10000 / count }' "$data/report"
}

# $1: a name, $2: the credential, $3: a URL.
measure() {
	read -r most least <<-END
		$(rate "$bare" "$2" "http://127.0.0.1:$((port + 1))/")
	END
	read -r each cost <<-END
		$(rate "$server" "$2" "$3")
	END
	# Half of that: connections that wait before each request, each as long as it likes.
	echo "function delay() return math.random(0, 2 * $((64 * 2000 / each))) end" >"$data/half.lua"
	load "$2" 64 "$3" --latency -s "$data/half.lua" |
		awk -v name="$1" -v each="$each" -v most="$most" -v cost="$cost" -v least="$least" '
		$1 == "99%" { text = $2; p99 = text + 0; if (text ~ /us$/) p99 /= 1000; else if (text !~ /ms$/) p99 *= 1000 }
		/Requests\/sec/ { half = int($2) }
		END {
			printf "%-27s %6d requests/s, bare %6d/s: %4.1f%%", name, each, most, 100 * each / most
			printf "; CPU %5.1f us each, bare %4.1f us: %4.1f%%", cost, least, 100 * least / cost
			printf "; at %5d/s p99 %.2f ms\n", half, p99
			exit !(each >= most / 5 && p99 <= 10)
		}' || failed=1
}

key=speed-key
token=$(curl -sf -d '' "$base/v1/guests" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
failed=0
of_key=$(converse "$key")
of_token=$(converse "$token")
measure "users/me, API key" "$key" "$base/v1/users/me"
measure "users/me, access token" "$token" "$base/v1/users/me"
measure "17 messages, API key" "$key" "$base/v1/conversations/$of_key/messages"
measure "17 messages, access token" "$token" "$base/v1/conversations/$of_token/messages"
exit $failed
