# What was built runs on this processor and this system, for a user without a home.
# limit: 120 s
. /trial/check.sh
. /trial/daemon.sh

make_lab
drop_session
check "there are no rates yet" fails has_rates 0
check "blechctl infers a session" runuser -u blechd -- env XDG_STATE_HOME=/tmp/state \
  /trial/bin/blechctl infer --train-steps 30 --no-figures "$session"
check "rates of the first taste are in the .h5" has_rates 0
check "rates of the second taste are in the .h5" has_rates 1
