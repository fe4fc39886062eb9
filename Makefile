# The two commands that matter are `make run` and `make test`; the others serve people who change the code.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/target/tools/bin:$(PATH)

.PHONY: help run test dev bench lint fmt build test-deps test-web test-rust test-browser

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-13s %s\n", $$1, $$2 }'

run: ## build everything and start the server
	@binary=$$(scripts/build.sh) && exec "$$binary" serve

build: ## the web app and the static release binary
	@scripts/build.sh

test: test-deps test-web test-browser test-rust ## every test, with what it needs installed

test-deps: ## install what the tests need
	@scripts/test-deps.sh

test-web: test-deps
	@if [ -f web/package.json ]; then npm --prefix web test; fi

# The binary of the browser tests carries the built web app.
test-browser: test-deps
	@if [ -f web/package.json ]; then scripts/build.sh web; fi
	@cargo nextest run --locked --no-run
	@npm --prefix tests/browser test

test-rust: export LIGHTTRACE_TEST_DEPS := required
test-rust: test-deps
	@cargo nextest run --locked

dev: ## the server and Vite with a proxy to it, both restarted by hand
	@scripts/dev.sh

bench: ## throughput and cost per event, beside the floor of the parts
	@cargo bench --locked

lint: ## everything that is checked but not run
	@scripts/lint.sh

fmt: ## format what can be formatted
	@cargo fmt
	@if [ -f web/package.json ]; then npm --prefix web run format; fi
