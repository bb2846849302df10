# Sourced, after check.sh, by the scenarios in which the daemon and its programs run.
lab=/data/lab
name=$(basename /trial/session/*)
session=$lab/$name
# What blechd finds in it, as h5ls writes it: trials, units, bins.
shape='{4, 3, 116}'

# make_lab LINE...: the daemon's user, a folder that it watches, and its configuration with further settings.
make_lab() {
  useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin blechd
  install -d -o blechd -g blechd "$lab"
  install -D -m 644 /trial/blechd.yaml /etc/blechd/blechd.yaml
  [ $# = 0 ] || printf '%s\n' "$@" >>/etc/blechd/blechd.yaml
}

# use_worker FILE: another one than its own.
use_worker() {
  mkdir -p /run/systemd/system/blechd.service.d
  printf '[Service]\nEnvironment=BLECHD_WORKER=%s\n' "$1" >/run/systemd/system/blechd.service.d/worker.conf
}

start_daemon() {
  cp /trial/blechd.slice /run/systemd/system/
  start_unit blechd.service
  eventually 60 daemon_is watching
}

# daemon_is STATE, as its status file has it.
daemon_is() { grep -q "\"state\" : \"$1\"" /run/blechd/status.json 2>/dev/null; }

# Copies the session into the watched folder, as its owner.
drop_session() { runuser -u blechd -- cp -r "/trial/session/$name" "$lab/"; }

# session_is STATE: what the status file says of the session, which is the only one; several are divided by |.
session_is() {
  sed -n '/^  "sessions" : \[/,/^  \]/p' /run/blechd/status.json | grep -E "\"state\" : \"($1)\""
}

# main_process: the daemon's number.
main_process() { systemctl show --property MainPID --value blechd.service; }

# What the service has said in the journal.
has_said() { journalctl -b -u blechd.service -o cat | grep -E "$1"; }

# has_rates TASTE: whether they are in the .h5.
has_rates() {
  local rates
  rates=$(h5ls "$session/$name.h5/rnn_output/regions/region_all_taste_$1/pred_firing")
  echo "$rates"
  [[ $rates == *"$shape"* ]]
}
