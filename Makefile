# Two targets set up everything they need on a fresh Debian or Ubuntu machine that has Swift:
#   make demo    write a synthetic session, infer its firing rates, show the table
#   make test    build and run the tests
# make test-system does so too, for tests on an emulated machine: Tests/System/README.md

DEMO := .build/demo/demo_session
PEERS := .build/peers
PACKAGES := libhdf5-dev libsqlite3-dev pkg-config
# sudo only for those who need it.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# What a package carries workers for; a processor runs the best that it can.
ARCHITECTURE := $(shell uname -m)
INSTRUCTION_SETS := $(if $(filter x86_64,$(ARCHITECTURE)),x86-64-v2 x86-64-v3 x86-64-v4,arm64)
# The compiler's word for each.
march = $(if $(filter arm64,$(1)),generic,$(1))
DIST := .build/dist
# Those of them that this machine runs. The last one's programs are those that test-system needs.
TESTED_SETS := $(if $(filter x86_64,$(ARCHITECTURE)),x86-64-v2 $(if $(shell grep -wm1 avx512vl /proc/cpuinfo),x86-64-v4) $(if $(shell grep -wm1 avx2 /proc/cpuinfo),x86-64-v3))

# No more at once than a machine of two cores has turns for.
SIDE_BY_SIDE := SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=24
PEER_PYTHON = BLECHD_PEER_PYTHON=$$([ -x $(PEERS)/bin/python ] && echo $(PEERS)/bin/python || echo python3)
# Tests that leave hardly a processor to others, and those that run many programs at once, run apart: beside them whoever
# waits for something of its own waits for minutes.
BUSY_TESTS := (HDF5FileTests|RateNetworkTests|InferenceTests|SchedulingTests)\.
PROGRAM_TESTS := EndToEndTests\.

.PHONY: demo test test-instruction-sets test-system build release bench peers lint setup clean

demo: build
	rm -rf $(dir $(DEMO))
	mkdir -p $(dir $(DEMO))
	.build/release/blechctl demo $(DEMO)
	.build/release/blechctl infer $(DEMO)

build: setup
	swift build -c release

test: setup
	swift build --build-tests
	$(PEER_PYTHON) swift test --skip-build --filter '^$(BUSY_TESTS)'
	$(SIDE_BY_SIDE) $(PEER_PYTHON) swift test --skip-build --skip '^$(BUSY_TESTS)|^$(PROGRAM_TESTS)'
	$(SIDE_BY_SIDE) $(PEER_PYTHON) swift test --skip-build --filter '^$(PROGRAM_TESTS)'

# Golden numbers and all else of the kernels, for every instruction set that this machine runs.
test-instruction-sets: setup
	for isa in $(TESTED_SETS); do \
	  echo "== $$isa"; \
	  BLECHD_MARCH=$$isa swift test --scratch-path .build/isa --filter 'RateNetworkTests|InferenceTests' || exit 1; \
	done

# Limits and services, as root on Debian: with systemd and control groups, on an emulated machine.
test-system: setup
	Tests/System/test.sh

# blechctl, and a worker for each instruction set, as a package has them.
release: setup
	rm -rf $(DIST)
	mkdir -p $(DIST)/bin $(DIST)/libexec/blechd
	for isa in $(INSTRUCTION_SETS); do \
	  BLECHD_MARCH=$(call march,$$isa) swift build -c release --scratch-path .build/release-sets || exit 1; \
	  cp .build/release-sets/release/blechd-worker $(DIST)/libexec/blechd/blechd-worker-$$isa; \
	done
	cp .build/release-sets/release/blechctl $(DIST)/bin/
	ls -l $(DIST)/bin $(DIST)/libexec/blechd

# blechd against PyTorch in one run; see docs/performance.md.
bench: build peers
	$(PEERS)/bin/python Benchmarks/against_pytorch.py .build/release/blechctl --session

# PyTables, h5py and PyTorch, for the tests that open blechd's output with them. Without this those tests
# are skipped.
peers:
	python3 -m venv $(PEERS) || { $(SUDO) apt-get install -y python3-venv && python3 -m venv $(PEERS); }
	$(PEERS)/bin/pip install --quiet numpy tables h5py safetensors
	$(PEERS)/bin/pip install --quiet 'torch==2.13.0+cpu' || $(PEERS)/bin/pip install --quiet torch

lint:
	swift format lint --strict --recursive Sources Tests Benchmarks Package.swift

setup:
	@pkg-config --exists hdf5 sqlite3 2>/dev/null || \
	  { $(SUDO) apt-get update && $(SUDO) apt-get install -y --no-install-recommends $(PACKAGES); }

clean:
	rm -rf .build
