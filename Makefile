# Two targets set up everything they need on a fresh Debian or Ubuntu machine that has Swift:
#   make demo    write a synthetic session, infer its firing rates, show the table
#   make test    build and run the tests

DEMO := .build/demo/demo_session
PEERS := .build/peers
PACKAGES := libhdf5-dev pkg-config
# sudo only for those who need it.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: demo test build peers lint setup clean

demo: build
	rm -rf $(dir $(DEMO))
	mkdir -p $(dir $(DEMO))
	.build/release/blechctl demo $(DEMO)
	.build/release/blechctl infer $(DEMO)

build: setup
	swift build -c release

test: setup
	swift build --build-tests
	BLECHD_PEER_PYTHON=$$([ -x $(PEERS)/bin/python ] && echo $(PEERS)/bin/python || echo python3) \
	  swift test --skip-build

# PyTables, h5py and PyTorch, for the tests that open blechd's output with them. Without this those tests
# are skipped.
peers:
	python3 -m venv $(PEERS) || { $(SUDO) apt-get install -y python3-venv && python3 -m venv $(PEERS); }
	$(PEERS)/bin/pip install --quiet numpy tables h5py safetensors
	$(PEERS)/bin/pip install --quiet 'torch==2.13.0+cpu' || $(PEERS)/bin/pip install --quiet torch

lint:
	swift format lint --strict --recursive Sources Tests Package.swift

setup:
	@pkg-config --exists hdf5 2>/dev/null || \
	  { $(SUDO) apt-get update && $(SUDO) apt-get install -y --no-install-recommends $(PACKAGES); }

clean:
	rm -rf .build
