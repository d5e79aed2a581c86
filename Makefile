# Every task of the project is one command. Needs Go; the race detector also needs
# a C compiler, and where there is none the tests run without it and say so.

.DEFAULT_GOAL := help
SHELL := /bin/sh

GO    ?= go
DATA  ?= data
KILLS ?= 100
CHAOS ?= 5m
SOAK  ?= 60s
SEED  ?= 0
CAMPAIGN ?= all
FUZZ  ?= 10s
BENCH ?= .
EVENTS ?= 20000
INDEXES ?=

# -race is linked against a C runtime.
HAVE_CC := $(shell command -v "$$($(GO) env CC)" 2>/dev/null)
RACE    := $(if $(HAVE_CC),-race)
# Everything that a check or a test compiles is compiled so, also the nodes that tests
# build: then no dependency is compiled twice.
RACING  := GOFLAGS="$$GOFLAGS $(RACE)"

# A static program, without the paths of the machine that built it, stamped with
# the revision of the sources (boxoffice version).
BUILD := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=auto -ldflags='-s -w'

.PHONY: help run cluster build test check tidy race fuzz bench compare versus crash chaos soak campaign image fmt clean

help: ## what there is to make
	@echo 'make …'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1	\2/p' $(MAKEFILE_LIST) | while IFS='	' read -r name text; do \
		printf '  %-9s %s\n' "$$name" "$$text"; done

run: ## start a node with the demo catalog on http://127.0.0.1:8080 (DATA=data)
	$(GO) run ./cmd/boxoffice serve --demo --data '$(DATA)'

cluster: build ## three nodes and a sandbox on this machine, with the demo catalog, until Ctrl-C (DATA=data)
	bin/boxoffice play --demo --data '$(DATA)/cluster'

build: ## build bin/boxoffice and bin/stampede, static
	$(BUILD) -o bin/boxoffice ./cmd/boxoffice
	$(BUILD) -o bin/stampede ./cmd/stampede

test: check race ## everything that must hold before a commit: check, then all tests with -race

check: ## format, vet, staticcheck and the project's own lint, without the other tests
	@unformatted=$$(gofmt -l actors cluster cmd httpapi storage); \
	if [ -n "$$unformatted" ]; then echo "make fmt would change:" $$unformatted; exit 1; fi
	$(RACING) $(GO) vet ./...
	$(RACING) "$$($(GO) tool -n staticcheck)" ./...
	$(GO) run ./cmd/tidy

tidy: ## the project's own lint, and what it measured
	$(GO) run ./cmd/tidy table
	$(GO) run ./cmd/tidy

race: ## all tests, with the race detector
	@[ -n '$(RACE)' ] || echo 'no C compiler: the tests run without the race detector'
	$(RACING) $(GO) test -timeout 12m ./...
	@# what the race detector's runtime crashes on, golang/go#78156
	$(GO) test ./actors/control

fuzz: ## every fuzz target for a short while (FUZZ=10s each)
	@for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' "$$p" | grep '^Fuzz'); do \
			echo "$$p $$f"; \
			$(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime '$(FUZZ)' "$$p" || exit 1; \
		done; done

bench: ## the benchmarks (BENCH=regexp)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...

compare: build ## a node beside the two baselines: views, a mix, bookings, contended seats, holds, joins
	bin/stampede compare -start bin/boxoffice

versus: ## our search beside Bluge's plain API and bleve (EVENTS=20000, INDEXES=folder to keep the indexes in)
	cd storage/search/versus && $(GO) vet . && \
		$(GO) test -count=1 -v -timeout 24h . -events '$(EVENTS)' -dir '$(abspath $(INDEXES))'

crash: ## kill -9 a node under load, again and again, and check what it promised (KILLS=100)
	$(GO) test ./cmd/boxoffice -run TestCrash -crash.kills=$(KILLS) -timeout 60m -v

chaos: ## a cluster of processes under load, and faults of all kinds (CHAOS=5m, SEED=of an earlier run)
	$(GO) test ./cmd/boxoffice -run 'TestRollingRestart$$|TestChaos$$' -chaos.time='$(CHAOS)' -chaos.seed='$(SEED)' -timeout 24h -v

soak: build ## ten times too many, a retry storm, a greedy client, slow ones: a verdict each (SOAK=60s each)
	$(GO) test ./cmd/stampede -stampede.long
	@n=$$(nproc 2>/dev/null || echo 1); node=; crowd=; \
	if [ "$$n" -ge 2 ] && command -v taskset >/dev/null; then \
		node="taskset -c 0-$$((n / 2 - 1))"; crowd="taskset -c $$((n / 2))-$$((n - 1))"; fi; \
	BOXOFFICE_LOG_LEVEL=error $$crowd bin/stampede soak -start "$$node bin/boxoffice" -duration '$(SOAK)'

campaign: ## failover, leader moves, catching up and thousands of sockets, measured (CAMPAIGN=failover|moves|catchup|live|all)
	$(GO) test ./cmd/boxoffice -run 'TestCampaign' -chaos.campaign='$(CAMPAIGN)' -timeout 2h -v

image: ## the container image boxoffice, with docker or podman
	@engine=$$(command -v docker || command -v podman) || { echo 'neither docker nor podman is here'; exit 1; }; \
	"$$engine" build -t boxoffice .

fmt: ## format the Go files
	gofmt -w actors cluster cmd httpapi storage

clean: ## remove what make build made
	rm -rf bin
