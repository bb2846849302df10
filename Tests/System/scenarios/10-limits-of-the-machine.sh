# The machine itself: systemd delegates a group, and the kernel holds what runs there to its limits. What later
# scenarios find of the daemon's means nothing without this.
. /trial/check.sh

check "control groups are version 2" [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]
check "the machine has come up" systemctl is-system-running --quiet

start_unit stand-in.service
group=$(group_of stand-in.service)
results=/run/stand-in
main=$(systemctl show --property MainPID --value stand-in.service)
must "a service divides its group" eventually 30 test -e $results/state
check "the service itself is in a leaf" grep -q '/stand-in.service/main$' "/proc/$main/cgroup"

check "60 MB fit below 200 MB" [ "$(cat $results/modest)" = 0 ]
check "60 MB do not fit below 30 MB" [ "$(cat $results/hungry)" = 137 ]
check "the kernel says so" [ "$(number oom_kill "$group/hungry/memory.events")" -ge 1 ]
check "nobody else was killed" [ "$(number oom_kill "$group/modest/memory.events")" = 0 ]
check "the service runs on" systemctl is-active --quiet stand-in.service

check "without a quota a loop takes a processor" between 60 105 "$(cpu_percent "$group/free")"
check "a quota of 20 % holds" between 12 28 "$(cpu_percent "$group/slow")"

check "no more than 5 processes are in a group of 5" between 2 5 "$(wc -l <"$group/crowded/cgroup.procs")"
check "the others were refused" [ "$(number max "$group/crowded/pids.events")" -ge 1 ]
