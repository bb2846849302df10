# A worker that takes more memory than it may dies alone, and the daemon says why.
# limit: 240 s
. /trial/check.sh
. /trial/daemon.sh

make_lab 'inference: {train_steps: 30}' 'limits: {jobs: 1, memory_per_job_mb: 200}' \
  'retry: {first_delay_seconds: 1, max_delay_seconds: 1}'
use_worker /trial/workers/hungry.sh
must "the service starts" start_daemon
main=$(systemctl show --property MainPID --value blechd.service)
drop_session
check "the daemon says that the memory was not enough" \
  eventually 90 has_said 'took more memory than the 2[0-9]+ MB allowed, and the kernel ended it'
check "the kernel has ended something" [ "$(number oom_kill /proc/vmstat)" -ge 1 ]
check "it was in a worker's group" eventually 10 sh -c "journalctl -b -k -o cat | grep -q 'task_memcg=.*blechd.service/worker-'"
check "it is given up after the second time" eventually 90 session_is failed
check "the daemon is the one that it was" [ "$(systemctl show --property MainPID --value blechd.service)" = "$main" ]
check "systemd has nothing to say" [ "$(systemctl show --property Result --value blechd.service)" = success ]
check "the file is as it was" cmp "/trial/session/$name/$name.h5" "$session/$name.h5"
