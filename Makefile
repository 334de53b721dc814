# make test is what continuous integration runs. Everything it needs beside Go, git, bash, strace and
# util-linux is made by tools/install.sh.

GO ?= go
TIMEOUT ?= 60m

.PHONY: all build test unit cases vet tools bench fuzz

all: build

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/gorescue ./cmd/gorescue

tools:
	tools/install.sh

vet:
	$(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=windows $(GO) vet ./...

# -p 1: one package at a time; the packages under test/ run their cases in parallel themselves. -count=1: they build what they
# test, which the cache of test results does not see.
test: vet tools
	$(GO) test ./cmd/... ./internal/... ./test/lint/...
	$(GO) test -count=1 -p 1 -timeout $(TIMEOUT) ./test/...

unit:
	$(GO) test ./cmd/... ./internal/... ./test/lint/...

cases: tools
	$(GO) test -timeout $(TIMEOUT) ./test/cases $(if $(RUN),-run '$(RUN)')

bench: build
	$(GO) test -run '^$$' -bench . ./test/bench
