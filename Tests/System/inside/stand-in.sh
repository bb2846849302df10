#!/usr/bin/env bash
# A service that divides the group that was delegated to it, as blechd does: itself in main/, and others for what it
# runs.
set -euo pipefail
group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)

mkdir "$group/main"
echo $$ >"$group/main/cgroup.procs"
echo "+cpu +memory +pids" >"$group/cgroup.subtree_control"

# make NAME FILE=VALUE...
make() {
  local setting
  mkdir "$group/$1"
  for setting in "${@:2}"; do echo "${setting#*=}" >"$group/$1/${setting%%=*}"; done
}

# within NAME COMMAND: how a command ends in a group is written to a file of that name.
within() {
  local status=0
  bash -c 'echo $$ >"$1/cgroup.procs" && eval "$2"' within "$group/$1" "$2" || status=$?
  echo "$status" >"$RUNTIME_DIRECTORY/$1"
}

# In one buffer.
hungry='dd if=/dev/zero of=/dev/null bs=60M count=1 status=none'
make modest memory.max=200M memory.swap.max=0
make hungry memory.max=30M memory.swap.max=0 memory.oom.group=1
within modest "$hungry"
within hungry "$hungry"

make free
make slow "cpu.max=20000 100000"
within free 'while :; do :; done' &
within slow 'while :; do :; done' &

make crowded pids.max=5
within crowded 'for i in {1..10}; do sleep 1000 & done; wait' &

echo ready >"$RUNTIME_DIRECTORY/state"
wait
