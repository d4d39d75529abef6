#!/bin/sh
# The tests of the server once more, on the PostgreSQL and the Redis of tests/servers.sh. Runs the programs that the tests of the whole
# workspace were built into: asked for one package alone, cargo would choose other features of what it depends on and build it all anew.
set -eu
built=$(cargo test --workspace --locked --lib --test whole_program --no-run 2>&1) || { echo "$built" >&2; exit 1; }
programs=$(echo "$built" | sed -n -E 's/^ *Executable .*\((.*\/(colloquy|whole_program)-[0-9a-f]+)\)$/\1/p')
[ "$(echo "$programs" | wc -l)" = 2 ] || { echo "not the unit tests and the whole program's: $programs" >&2; exit 1; }
for program in $programs; do
	echo "On PostgreSQL and Redis: $program"
	"$program"
done
