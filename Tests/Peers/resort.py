"""Does to a session what blech_clust's scripts do when it is sorted again: the .h5 is opened r+ and closed several
times, its spike arrays are removed and made anew, and the log is rewritten in place, last of all.

    resort.py SESSION PAUSE_SECONDS
"""
import json
import sys
import time
from glob import glob

import numpy as np
import tables

session, pause = sys.argv[1], float(sys.argv[2])
h5_path = glob(session + "/*.h5")[0]
log_path = session + "/execution_log.json"


def log(script, event, ahead=0):
    with open(log_path) as file:
        entries = json.load(file)
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() + ahead))
    entries[event][script] = stamp
    with open(log_path, "w") as file:
        json.dump(entries, file, indent=4)


log("blech_make_arrays.py", "attempted", 1)
for step in range(4):
    with tables.open_file(h5_path, "r+") as h5:
        for taste in h5.root.spike_trains:
            spikes = taste.spike_array[:]
            h5.remove_node(taste, "spike_array")
            h5.create_array(taste, "spike_array", np.roll(spikes, 1 + step, axis=2))
            h5.flush()
            time.sleep(pause)
    time.sleep(pause)
log("blech_make_arrays.py", "completed", 2)
