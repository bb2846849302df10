# Others who want the processors get them, although every job of blechd's wants one.
# limit: 240 s
. /trial/check.sh
. /trial/daemon.sh

make_lab 'inference: {train_steps: 1000000, patience: 0}' 'limits: {jobs: 2, memory_per_job_mb: 200}'
must "the service starts" start_daemon
group=$(group_of blechd.service)
drop_session
two_train() { [ "$(grep -c '"step" : ' /run/blechd/status.json)" = 2 ]; }
must "two workers train" eventually 120 two_train
check "alone they take both processors" [ "$(cpu_percent "$group")" -ge 150 ]

loops='while :; do :; done & while :; do :; done'
systemd-run --quiet --unit others bash -c "$loops"
others=$(group_of others.service)
check "others get nearly all of both" [ "$(cpu_percent "$others")" -ge 160 ]
check "the workers get what is left" [ "$(cpu_percent "$group")" -le 40 ]
systemctl stop others.service
check "then they take them again" [ "$(cpu_percent "$group")" -ge 150 ]
check "the daemon has not been disturbed" two_train
