# Sourced by every scenario. Inside the machine /trial holds this folder, bin/ with the programs, scenarios/, and
# session/ with a sorted session; it cannot be written to.
set -euo pipefail
export PATH=/trial/bin:$PATH
failed=0

# check WHAT COMMAND...: one line, which says whether the command succeeds.
check() {
  local what=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "ok - $what"
  else
    failed=1
    echo "not ok - $what"
    printf '%s\n' "\$ $*" "$output" | sed 's/^/#   /'
  fi
}

# eventually SECONDS COMMAND...: whether it succeeds before that time is over.
eventually() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.3
  done
}

fails() { ! "$@"; }

# between LOW HIGH NUMBER: whole numbers.
between() {
  echo "expected $1 to $2: ${3:-nothing}"
  [ "${3:-}" -ge "$1" ] && [ "$3" -le "$2" ]
}

# A number of a file such as cpu.stat or memory.events: number NAME FILE.
number() { awk -v name="$1" '$1 == name { print $2 }' "$2"; }

# What a group uses of one processor in three seconds, in percent.
cpu_percent() {
  local -i begin=${EPOCHREALTIME/./} used
  used=$(number usage_usec "$1/cpu.stat")
  sleep 3
  echo $((($(number usage_usec "$1/cpu.stat") - used) * 100 / (${EPOCHREALTIME/./} - begin)))
}

# The directory of a service's control group.
group_of() { echo "/sys/fs/cgroup$(systemctl show --property ControlGroup --value "$1")"; }

# Starts a unit of this folder.
start_unit() {
  cp "/trial/$1" /run/systemd/system/
  systemctl daemon-reload
  systemctl start "$1"
}

# What helps to understand a failure, at the end of a scenario that has failed.
finish() {
  local status=$?
  if [ "$status" != 0 ] || [ "$failed" != 0 ]; then
    journalctl -b -n 60 --no-pager -o short-monotonic 2>&1 | sed 's/^/#   /'
  fi
  [ "$status" = 0 ] || exit "$status"
}
trap finish EXIT
