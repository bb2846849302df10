# Others who want the processors get them, although every job of blechd's wants one.
# limit: 240 s
. /trial/check.sh
. /trial/daemon.sh

make_lab 'inference: {train_steps: 1000000, patience: 0}' 'limits: {jobs: 2, memory_per_job_mb: 200}'
must "the service starts" start_daemon
group=$(group_of blechd.service)
drop_session
two_train() { session_is inferring >/dev/null && [ "$(pgrep -c -x blechd-worker)" = 2 ]; }
must "two workers train" eventually 120 two_train
check_percent "alone they take both processors" at_least 150 "$(cpu_percent "$group")"

loops='while :; do :; done & while :; do :; done'
systemd-run --quiet --unit others bash -c "$loops"
others=$(group_of others.service)
check_percent "others get nearly all of both" at_least 160 "$(cpu_percent "$others")"
check_percent "the workers get what is left" at_most 40 "$(cpu_percent "$group")"
systemctl stop others.service
check_percent "then they take them again" at_least 150 "$(cpu_percent "$group")"
check "the daemon has not been disturbed" two_train
