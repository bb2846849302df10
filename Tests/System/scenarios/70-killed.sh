# The daemon is killed while it is at work: systemd starts it anew, and everything is done, nothing twice.
# limit: 300 s
. /trial/check.sh
. /trial/daemon.sh

make_lab 'inference: {train_steps: 50, patience: 0}' 'limits: {jobs: 1}'
must "the service starts" start_daemon
first=$(main_process)
drop_session
must "the first taste is inferred" eventually 120 has_said 'taste 0 \(.*trained for 50 steps'
must "the second is under way" eventually 60 has_said 'taste 1: is inferred'
systemctl kill --kill-whom=main --signal=KILL blechd.service
is_new() { [ "$(main_process)" != "$first" ] && [ "$(main_process)" != 0 ]; }
check "systemd starts it anew" eventually 60 is_new
must "the session is done" eventually 150 session_is done
check "rates of the first taste are in the .h5" has_rates 0
check "rates of the second taste are in the .h5" has_rates 1
check "each taste was trained once" [ "$(has_said 'trained for 50 steps' | wc -l)" = 2 ]
check "no lease and no journal is left" [ -z "$(find "$lab" -name '.*' -type f)" ]
check "no worker is left" fails pgrep -x blechd-worker
check "no group is left" [ -z "$(find "$(group_of blechd.service)" -name 'worker-*')" ]
check "nothing waits in the spool" [ -z "$(find /var/lib/blechd/spool -mindepth 1 2>/dev/null)" ]
