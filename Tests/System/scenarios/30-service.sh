# The daemon as a service of systemd, with a user and directories of its own.
# limit: 180 s
. /trial/check.sh
. /trial/daemon.sh

make_lab
must "the service starts" start_daemon
main=$(systemctl show --property MainPID --value blechd.service)
check "it runs as its own user" [ "$(stat -c %U "/proc/$main")" = blechd ]
check "it keeps its state where systemd says" test -s /var/lib/blechd/watched_roots.json
check "anyone may read how it stands" runuser -u nobody -- cat /run/blechd/status.json

drop_session
check "it takes a session that is dropped into its folder" eventually 60 session_is 'queued|inferring|committing|done'
check "the service stops in order" systemctl stop blechd.service
check "systemd is content" [ "$(systemctl show --property Result --value blechd.service)" = success ]
check "its status is gone" test ! -e /run/blechd/status.json
