# Sourced by every scenario. Inside the machine /trial holds this folder, bin/ with the programs, scenarios/, and
# session/ with a sorted session; it cannot be written to.
set -euo pipefail
export PATH=/trial/bin:$PATH
failed=0

# check WHAT COMMAND...: one line, which says whether the command succeeds, and the end of what it has printed where it
# does not.
check() {
  local what=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "ok - $what"
  else
    failed=1
    echo "not ok - $what"
    printf '%s\n' "\$ $*" "$output" | tail -c 1000 | sed 's/^/#   /'
  fi
}

# must WHAT COMMAND...: a check without which the rest means nothing.
must() {
  local before=$failed
  failed=0
  check "$@"
  [ "$failed" = 0 ] || exit 0
  failed=$before
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

# at_least LOW PERCENT, at_most HIGH PERCENT: a check's line tells the number as well.
at_least() { [ "$2" -ge "$1" ]; }
at_most() { [ "$2" -le "$1" ]; }
check_percent() {
  local what=$1 compare=$2 bound=$3 percent=$4
  check "$what: $percent %" "$compare" "$bound" "$percent"
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

# What a process uses of one processor in three seconds, in percent.
cpu_percent_of() {
  local -i begin=${EPOCHREALTIME/./} used
  used=$(ticks "$1")
  sleep 3
  echo $((($(ticks "$1") - used) * 1000000 / (${EPOCHREALTIME/./} - begin)))
}

# The time that a process has used, in hundredths of a second (man 5 proc: utime and stime).
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

# The directory of a service's control group.
group_of() { echo "/sys/fs/cgroup$(systemctl show --property ControlGroup --value "$1")"; }

# Starts a unit of this folder. (systemd finds one that is new to it without a reload, which takes seconds here.)
start_unit() {
  cp "/trial/$1" /run/systemd/system/
  systemctl start "$1"
}

# What helps to understand a failure, at the end of a scenario that has failed.
finish() {
  local status=$?
  if [ "$status" != 0 ] || [ "$failed" != 0 ]; then
    journalctl -b -n 40 --no-pager -o short-monotonic 2>&1 | sed 's/^/#   /'
  fi
  [ "$status" = 0 ] || exit "$status"
}
trap finish EXIT
