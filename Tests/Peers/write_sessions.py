"""Writes small sessions straight into a folder, as blech_clust sorts them there: the .h5 is opened and closed at each
step, and execution_log.json is rewritten in place as each script begins and ends.

    write_sessions.py FOLDER COUNT

The sessions are s0, s1, ...: two tastes of 4 trials, 3 units, spikes drawn anew for each. Needs: numpy, tables (PyPI).
"""
import json
import os
import sys
import time

import numpy as np
import tables

TASTES, TRIALS, UNITS, MS = ("NaCl", "Sucrose"), 4, 3, 7000
SCRIPTS = ("blech_init.py", "blech_process.py", "blech_post_process.py", "blech_make_arrays.py")


class UnitDescriptor(tables.IsDescription):
    unit_number = tables.Int32Col(pos=0)
    electrode_number = tables.Int32Col()
    single_unit = tables.Int32Col()
    regular_spiking = tables.Int32Col()
    fast_spiking = tables.Int32Col()


def begin(path):
    with tables.open_file(path, "w") as h5:
        for group in ("raw", "digital_in", "sorted_units"):
            h5.create_group("/", group)


def add_units(path):
    with tables.open_file(path, "r+") as h5:
        table = h5.create_table("/", "unit_descriptor", UnitDescriptor)
        for unit in range(UNITS):
            table.row["unit_number"] = table.row["electrode_number"] = unit
            table.row["single_unit"] = table.row["regular_spiking"] = 1
            table.row.append()
        table.flush()


def add_spikes(path, rng):
    with tables.open_file(path, "r+") as h5:
        h5.create_group("/", "spike_trains")
        for taste in range(len(TASTES)):
            rate = rng.uniform(5, 40, (1, UNITS, 1)) * np.where(np.arange(MS) < 2000, 1, 1 + taste)
            group = h5.create_group("/spike_trains", f"dig_in_{taste}")
            h5.create_array(group, "spike_array", (rng.random((TRIALS, UNITS, MS)) < rate / 1000).astype("f8"))
            h5.flush()


def write_session(home, rng):
    os.makedirs(home)
    name = os.path.basename(home)
    path = os.path.join(home, name + ".h5")
    documents = {
        ".info": dict(
            name=name, regions=["gc"], electrode_layout={"gc": [list(range(32))]},
            taste_params=dict(dig_ins=[0, 1], dig_in_names=["dig_in_0", "dig_in_1"],
                              trial_count=[TRIALS] * len(TASTES), tastes=TASTES)),
        ".params": dict(spike_array_durations=[2000, 5000], sampling_rate=30000),
    }
    for suffix, document in documents.items():
        with open(os.path.join(home, name + suffix), "w") as file:
            json.dump(document, file, indent=4)
    steps = {SCRIPTS[0]: lambda: begin(path), SCRIPTS[2]: lambda: add_units(path),
             SCRIPTS[3]: lambda: add_spikes(path, rng)}
    log = dict(attempted={}, completed={})
    for script in SCRIPTS:
        for event in log:
            if event == "completed":
                steps.get(script, lambda: None)()
            log[event]["/opt/blech_clust/" + script] = time.strftime("%Y-%m-%d %H:%M:%S")
            with open(os.path.join(home, "execution_log.json"), "w") as file:
                json.dump(log, file, indent=4)


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    for number in range(count):
        write_session(os.path.join(folder, f"s{number}"), np.random.default_rng(number))


if __name__ == "__main__":
    main()
