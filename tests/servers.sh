#!/bin/sh
# Runs a command with a PostgreSQL and a Redis of its own: `sh tests/servers.sh cargo test`. Both listen on loopback, on free
# ports, keep nothing, and end with the command. It finds them in TEST_DATABASE_URL and TEST_REDIS_URL.
set -eu

dir=$(mktemp -d)
owner=
# PostgreSQL refuses to run as root; Debian's package brings a user for it.
if [ "$(id -u)" = 0 ]; then
	owner="runuser -u postgres --"
	chown postgres "$dir"
fi

bin=$(dirname "$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)")

stop() {
	status=$?
	trap - EXIT INT TERM
	[ -z "${redis:-}" ] || kill "$redis" 2>/dev/null || true
	(cd / && $owner "$bin/pg_ctl" -D "$dir/postgres" -m immediate stop >/dev/null 2>&1) || true
	rm -rf "$dir"
	exit "$status"
}
trap stop EXIT INT TERM

# A port that nobody listens on; who is quicker to take it makes the start fail, and then another one is tried.
free_port() {
	node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'
}

(cd / && $owner "$bin/initdb" -D "$dir/postgres" -U colloquy --auth=trust -E UTF8 --locale=C.UTF-8 --no-sync) >"$dir/initdb.log" 2>&1 ||
	{ cat "$dir/initdb.log" >&2; exit 1; }
attempt=0
until
	port=$(free_port)
	(cd / && $owner "$bin/pg_ctl" -D "$dir/postgres" -w -l "$dir/postgres/log" -o "-p $port -c listen_addresses=127.0.0.1 -k $dir \
		-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=400" start) >/dev/null 2>&1
do
	attempt=$((attempt + 1))
	[ "$attempt" -lt 5 ] || { cat "$dir/postgres/log" >&2; exit 1; }
done
export TEST_DATABASE_URL="postgres://colloquy@127.0.0.1:$port/postgres"

attempt=0
while :; do
	port=$(free_port)
	redis-server --bind 127.0.0.1 --port "$port" --save "" --appendonly no --dir "$dir" >"$dir/redis.log" 2>&1 &
	redis=$!
	until redis-cli -p "$port" ping >/dev/null 2>&1 || ! kill -0 "$redis" 2>/dev/null; do sleep 0.1; done
	! kill -0 "$redis" 2>/dev/null || break
	attempt=$((attempt + 1))
	[ "$attempt" -lt 5 ] || { cat "$dir/redis.log" >&2; exit 1; }
done
export TEST_REDIS_URL="redis://127.0.0.1:$port"

"$@"
