# The daemon divides the group that systemd delegates to it, and its worker keeps to the share of a processor.
# limit: 240 s
. /trial/check.sh
. /trial/daemon.sh

# It trains for longer than anybody looks.
make_lab 'inference: {train_steps: 1000000, patience: 0}' \
  'limits: {jobs: 1, cpu_percent_per_job: 20, memory_per_job_mb: 200}'
must "the service starts" start_daemon
main=$(systemctl show --property MainPID --value blechd.service)
group=$(group_of blechd.service)
check "the daemon is in a leaf" grep -q '/blechd.service/main$' "/proc/$main/cgroup"
check "it hands controllers on" grep -q memory "$group/cgroup.subtree_control"
check "its status says so" grep '"limits" : "cgroup v2: ' /run/blechd/status.json

drop_session
worker_group() { find "$group" -path "$group/worker-*" -name cgroup.procs -size 0 -exec grep -l . {} + | head -n 1; }
# An inspection's is gone soon.
trains() { session_is inferring >/dev/null && [ -n "$(worker_group)" ]; }
must "a worker trains in a group of its own" eventually 90 trains
of_worker=$(dirname "$(worker_group)")
worker=$(head -n 1 "$of_worker/cgroup.procs")
check "it is blechd's worker" [ "$(cat "/proc/$worker/comm")" = blechd-worker ]
check "its memory is bounded" between 200000000 209715200 "$(cat "$of_worker/memory.max")"
check "it does not swap" [ "$(cat "$of_worker/memory.swap.max" 2>/dev/null || echo 0)" = 0 ]
check "its processes are counted" between 1 1024 "$(cat "$of_worker/pids.max")"
check "it is kind to others" [ "$(ps -o ni= -p "$worker" | tr -d ' ')" = 10 ]
check "it keeps to 20 % of a processor" between 12 28 "$(cpu_percent "$of_worker")"

check "the service stops with its worker at work" systemctl stop blechd.service
check "systemd is content" [ "$(systemctl show --property Result --value blechd.service)" = success ]
check "the worker is gone" test ! -e "/proc/$worker"
check "its group is gone" test ! -e "$group"
