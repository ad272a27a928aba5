# BanGUI. `make help` lists what there is.
.DEFAULT_GOAL := help
SHELL := bash

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
PAGE_SOURCES := $(shell find web/src web/public -type f 2>/dev/null) web/index.html web/vite.config.ts web/lingui.config.ts web/package.json
# Arguments for `make run` and `make demo`, such as ARGS="--listen 127.0.0.1:8080".
ARGS ?=

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

.PHONY: run
run: ## build, and serve the fail2ban of this machine (ARGS="--listen 127.0.0.1:8080")
	@scripts/run.sh run $(ARGS)

.PHONY: demo
demo: ## build, and serve a demo server of our own on sample logs
	@scripts/run.sh demo $(ARGS)

.PHONY: build
build: page geo ## build page and binary: bin/bangui
	CGO_ENABLED=0 go build -tags geodata -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/bangui ./cmd/bangui

.PHONY: dist
dist: page geo ## static programs and Debian packages for amd64 and arm64: dist/
	@scripts/dist.sh

.PHONY: test-package
test-package: page geo ## install, upgrade, remove and purge the package in a booted Debian (root; minutes)
	@scripts/test-package.sh

.PHONY: exposure
exposure: ## print how exposed the units of console and helper are, 0 to 10; fails above 1.5
	@scripts/exposure.sh

.PHONY: page
page: web/dist/index.html ## build the page only: web/dist

web/dist/index.html: web/node_modules/.package-lock.json $(PAGE_SOURCES)
	npm --prefix web run --silent build
	@touch web/dist/.gitkeep $@

web/node_modules/.package-lock.json: web/package-lock.json
	@echo "installing the page's npm packages into web/node_modules" >&2
	npm --prefix web ci --no-audit --no-fund --loglevel error
	@touch $@

# The databases are built into the program by the tag geodata; a build without it has none.
.PHONY: geo
geo: internal/geo/geodata/asn.mmdb ## make the geo databases that come with the product

internal/geo/geodata/asn.mmdb: packaging/geo/node_modules/.package-lock.json $(wildcard cmd/geodata/*.go internal/geo/mmdb/*.go)
	go run ./cmd/geodata packaging/geo/node_modules internal/geo/geodata

packaging/geo/node_modules/.package-lock.json: packaging/geo/package-lock.json
	@echo "fetching the geo data that packaging/geo pins" >&2
	npm --prefix packaging/geo ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: setup
setup: ## install what the tests need: fail2ban, PostgreSQL, Chromium, a C compiler, bindfs
	@scripts/setup.sh

.PHONY: test
test: setup build ## set up everything, and run every test
	@scripts/test.sh

.PHONY: lint
lint: page ## read the code for mistakes
	@scripts/lint.sh

.PHONY: check
check: setup lint test ## what CI runs: lint and test

.PHONY: generate
generate: web/node_modules/.package-lock.json ## write the generated files anew: docs, OpenAPI, page types
	@scripts/generate.sh

.PHONY: bench
bench: build geo ## measure: the packages that have benchmarks, an archive of BANS bans (100,000) or the one in DATABASE, and the page with 100,000 rows
	@go test -tags geodata -run='^$$' -bench=. -benchmem $$(git grep -l --untracked '^func Benchmark' -- '*_test.go' | xargs -r -n1 dirname | sort -u | sed 's|^|./|' | grep -v '^./internal/history$$')
	@go test -timeout 3h -run='^$$' -bench=. ./internal/history -scale.bans=$(or $(BANS),100000) $(if $(DATABASE),-scale.database=$(DATABASE))
	@npm --prefix web run --silent bench

.PHONY: chaos
chaos: ## kill and pause processes that share a lease, for 300 terms on each engine (half an hour)
	go test -timeout 2h -v -run 'TestProcesses_(Chaos|Crash)' ./internal/lease -chaos.epochs=300 -chaos.ttl=1s -crashes=30

.PHONY: model
model: ## try random steps on the lease, 200,000 of them (minutes)
	go test -timeout 2h -v -run TestModel ./internal/lease -rapid.checks=3500

.PHONY: mutants
mutants: ## show that the tests of the lease find deliberate faults (minutes)
	@scripts/mutants.sh

# Containers: COMPOSE="docker compose -f compose.yml -f compose.prod.yml" for others than the first file.
COMPOSE ?= docker compose
# For these targets alone: the program refuses a BANGUI_ variable that is no setting.
up down logs: export BANGUI_VERSION = $(VERSION)

.PHONY: up
up: ## build and start console and helper in containers
	$(COMPOSE) up -d --build

.PHONY: down
down: ## stop and remove the containers; their data stays
	$(COMPOSE) down

.PHONY: logs
logs: ## follow what the containers log
	$(COMPOSE) logs --follow --tail 100

.PHONY: clean
clean: ## remove what was built
	rm -rf bin web/node_modules web/tools/*/node_modules packaging/geo/node_modules internal/geo/geodata/*.mmdb
	find web/dist -mindepth 1 ! -name .gitkeep -delete
