# A sorted session that is dropped into a watched folder is done, once.
# limit: 240 s
. /trial/check.sh
. /trial/daemon.sh

make_lab 'inference: {train_steps: 30}'
must "the service starts" start_daemon
drop_session
must "the session is done" eventually 150 session_is done
check "rates of the first taste are in the .h5" has_rates 0
check "rates of the second taste are in the .h5" has_rates 1
check "the models are there" sh -c "ls '$session'/rnn_output/artifacts/*.safetensors"
check "everything belongs to the folder's owner" \
  [ -z "$(find "$session" ! -user blechd -o ! -group blechd)" ]

before=$(stat -c '%Y %s %i' "$session/$name.h5")
check "the service starts anew" systemctl restart blechd.service
check "it looks at everything" eventually 60 daemon_is watching
check "there is nothing to do" eventually 60 session_is done
check "the .h5 was not written again" [ "$(stat -c '%Y %s %i' "$session/$name.h5")" = "$before" ]
