# make run    builds the server and starts it on http://localhost:8000
# make test   formatting, lints, documentation, dependency directions, every test (a browser among them)
# make check  the same without the tests
# make bench  the benchmarks
#
# What is missing of the system packages below is installed with apt where there is apt.

RUN_PACKAGES  := cmake gcc make espeak-ng
TEST_PACKAGES := $(RUN_PACKAGES) chromium chromium-driver

.PHONY: run test check bench run-packages test-packages

run: run-packages
	cargo run --release --locked

test: test-packages check
	cargo test --workspace --locked

check: run-packages
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	sh tests/dependency-directions.sh

bench: run-packages
	cargo bench --workspace --locked

# $(call install,packages): asks dpkg what is missing, installs only that.
define install
@missing=$$(for package in $(1); do \
	if command -v dpkg-query >/dev/null 2>&1; then \
		dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || echo $$package; \
	else \
		command -v $$package >/dev/null 2>&1 || echo $$package; \
	fi; done); \
if [ -n "$$missing" ]; then \
	if command -v apt-get >/dev/null 2>&1; then \
		sudo=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		echo "Installing:" $$missing; \
		$$sudo apt-get update -q && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -qy --no-install-recommends $$missing; \
	else \
		echo "Please install these, then run make again (names as in Debian):" $$missing; exit 1; \
	fi; \
fi
endef

run-packages:
	$(call install,$(RUN_PACKAGES))

test-packages:
	$(call install,$(TEST_PACKAGES))
