# make run    builds the server and starts it on http://localhost:8000
# make test   formatting, lints, documentation, dependency directions, every test (a browser among them); those of the
#             server once on SQLite, once on PostgreSQL and Redis
# make check  the same without the tests
# make bench  the benchmarks, in one table beside the codec floor
# make soak   half an hour of callers who come and go at 80% of what the machine carries (MINUTES=, CALLERS=, ENGINES=scripted)
# make check-whisper  lints and tests of the recogniser by whisper.cpp, which nothing else builds; with WHISPER_MODEL=file it
#             listens with that model
#
# What is missing of the system packages below is installed with apt where there is apt. A package counts as there when its
# program is: `package` or `package:program`; or its module of Python: `package:import=module`; or a file of it:
# `package:file=path`. What the tests need of npm and PyPI they install themselves, once, below cargo's target directory
# (tests/clients).

RUN_PACKAGES  := cmake gcc make espeak-ng
WHISPER_PACKAGES := cmake g++ make clang
# Voices that the recogniser was not tuned with (agents/tests/voices), and what spelling is checked with.
VOICE_PACKAGES := flite festival \
	festvox-italp16k:file=/usr/share/festival/voices/italian/lp_diphone \
	festvox-itapc16k:file=/usr/share/festival/voices/italian/pc_diphone
DICTIONARY_PACKAGES := hunspell-fr-classical:file=/usr/share/hunspell/fr.dic hunspell-es:file=/usr/share/hunspell/es_ES.dic \
	hunspell-en-us:file=/usr/share/hunspell/en_US.dic hunspell-de-de:file=/usr/share/hunspell/de_DE.dic \
	hunspell-it:file=/usr/share/hunspell/it_IT.dic hunspell-pt-br:file=/usr/share/hunspell/pt_BR.dic
TEST_PACKAGES := $(RUN_PACKAGES) chromium chromium-driver:chromedriver nodejs:node npm python3 python3-venv:import=ensurepip \
	postgresql:pg_ctlcluster redis-server $(VOICE_PACKAGES) $(DICTIONARY_PACKAGES)

.PHONY: run test check bench soak check-whisper run-packages test-packages whisper-packages

run: run-packages
	cargo run --release --locked --bin colloquy

# What is missing is a failure here, as on any machine that builds for others, and not "not tested".
test: export CI = 1
test: test-packages check
	cd web && node --test
	cargo test --workspace --locked
	sh tests/servers.sh sh tests/second-round.sh

check: run-packages
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	sh tests/dependency-directions.sh

bench: run-packages
	sh tests/bench.sh

soak: run-packages
	loadtest/soak.sh

check-whisper: whisper-packages
	cargo clippy -p colloquy-agents --features whisper --all-targets --locked -- -D warnings
	cargo test -p colloquy-agents --features whisper --locked --lib whisper

# $(call install,packages): installs those whose programs are missing.
define install
@missing=$$(for package in $(1); do \
	case "$$package" in \
	*:import=*) python3 -c "import $${package#*:import=}" ;; \
	*:file=*) test -e "$${package#*:file=}" ;; \
	*) command -v "$${package#*:}" ;; \
	esac >/dev/null 2>&1 || echo "$${package%%:*}"; \
done); \
if [ -n "$$missing" ]; then \
	if command -v apt-get >/dev/null 2>&1; then \
		sudo=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		echo "Installing:" $$missing; \
		$$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$missing; \
	else \
		echo "Please install these, then run make again (names as in Debian):" $$missing; exit 1; \
	fi; \
fi
endef

run-packages:
	$(call install,$(RUN_PACKAGES))

test-packages:
	$(call install,$(TEST_PACKAGES))

whisper-packages:
	$(call install,$(WHISPER_PACKAGES))
