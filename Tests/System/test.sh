#!/usr/bin/env bash
# What `make test-system` runs: sets up what is missing, builds the programs, plays the scenarios.
#   test.sh [SCENARIO...]
set -euo pipefail
cd "$(dirname "$0")/../.."

# The emulated processor has AVX2 and not AVX-512. `make test-instruction-sets` builds for the same set last, so that
# after it hardly anything is left to be built.
set=x86-64-v3
scratch=.build/isa

skip() { echo "make test-system is skipped: $1" && exit 0; }

. /etc/os-release
[ "$(uname -m)" = x86_64 ] || skip "the emulated machine is an x86-64 one"
[ "$ID" = debian ] || skip "the emulated machine is made of Debian's packages, and what is built here must run there"
[ "$(id -u)" = 0 ] || skip "only root can make the machine's disk"

# PROGRAM PACKAGE: what is needed of the system.
missing=()
while read -r program package; do
  command -v "$program" >/dev/null || missing+=("$package")
done <<'PROGRAMS'
qemu-system-x86_64 qemu-system-x86
qemu-img qemu-utils
mmdebstrap mmdebstrap
mkfs.ext4 e2fsprogs
ssh openssh-client
python3 python3
PROGRAMS
if [ ${#missing[@]} -gt 0 ] || ! apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"
fi
echo "# the system has what is needed, after $SECONDS s"

for program in blechd blechctl blechd-worker; do
  BLECHD_MARCH=$set swift build --scratch-path "$scratch" --product "$program"
done
echo "# the programs are built, after $SECONDS s"

exec Tests/System/run.py --programs "$scratch/debug" "$@"
