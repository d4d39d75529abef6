#!/bin/sh
# Data flows one way: src -> {signaling, agents, media}, signaling -> media, agents -> media, loadtest -> {signaling, media}. Proves it from cargo's own graph.
set -eu
# forbid CRATE NAME...: none of NAMEs may be in CRATE's graph.
forbid() {
	crate=$1; shift
	tree=$(cargo tree --locked -p "$crate" -e normal --prefix none | awk '{print $1}' | sort -u)
	for name in "$@"; do
		if printf '%s\n' "$tree" | grep -qx "$name"; then
			echo "$crate must not depend on $name:" >&2
			cargo tree --locked -p "$crate" -e normal -i "$name" >&2
			exit 1
		fi
	done
}
forbid colloquy-media tokio actix actix-web sqlx rtc reqwest colloquy-agents colloquy-signaling colloquy
forbid colloquy-signaling actix actix-web sqlx reqwest colloquy-agents colloquy
forbid colloquy-agents actix actix-web sqlx rtc colloquy-signaling colloquy
forbid colloquy-loadtest actix actix-web sqlx colloquy-agents colloquy
echo "dependency directions hold"
