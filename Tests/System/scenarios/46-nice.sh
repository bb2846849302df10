# Where no control groups are delegated, the workers' niceness does it.
# limit: 240 s
. /trial/check.sh
. /trial/daemon.sh

make_lab 'inference: {train_steps: 1000000, patience: 0}' 'limits: {jobs: 2, memory_per_job_mb: 200}'
mkdir -p /run/systemd/system/blechd.service.d
printf '[Service]\nDelegate=no\n' >/run/systemd/system/blechd.service.d/delegate.conf
must "the service starts" start_daemon
check "its status says what holds instead" grep '"limits" : "rlimits, nice, affinity' /run/blechd/status.json
drop_session
two_train() { session_is inferring >/dev/null && [ "$(pgrep -c -x blechd-worker)" = 2 ]; }
must "two workers train" eventually 120 two_train
worker=$(pgrep -x blechd-worker | head -n 1)
check_percent "alone it takes a processor" at_least 70 "$(cpu_percent_of "$worker")"

# In the service's own group, where nothing but niceness tells them apart.
others=()
for _ in 1 2; do
  (while :; do :; done) &
  others+=("$!")
  echo "$!" >"$(group_of blechd.service)/cgroup.procs"
done
check_percent "another program gets nearly all of a processor" at_least 60 "$(cpu_percent_of "${others[0]}")"
check_percent "the worker gets what is left" at_most 25 "$(cpu_percent_of "$worker")"
kill "${others[@]}"
