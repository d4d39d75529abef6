#!/bin/sh
# Runs the benchmarks, then prints what each stage costs in one table, and below it a whole conversation beside the codec floor
# (signaling/benches/conversation.rs). Words after it go to cargo bench, such as a filter.
set -eu
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# What cargo says of compiling goes past; a failure shows by what is missing, and by this script's own.
{ cargo bench --locked -p colloquy-media -p colloquy-agents -p colloquy-signaling --benches "$@" || echo "BENCHES FAILED"; } | tee "$log"
echo
echo "stage                                               time (the middle of what criterion gives)"
awk '
	/BENCHES FAILED/ { failed = 1 }
	# A conversation beside the floor prints a table of its own.
	/^a conversation/ { conversation = 1; print "" }
	conversation { print; next }
	/^Benchmarking/ { next }
	/time: +\[/ {
		line = $0
		sub(/ *time: .*/, "", line)
		if (line != "") name = line
		match($0, /\[.*\]/)
		split(substr($0, RSTART + 1, RLENGTH - 2), figure, " ")
		printf "%-48s %10s %s\n", name, figure[3], figure[4]
		next
	}
	/^[a-z]/ { name = $0 }
	END { exit failed }
' "$log"
