#!/usr/bin/env python3
"""Times blechd's commit against changing a copy and renaming it, in turn and in one run.

    commit_cost.py BLECHCTL [--rounds 5] [--folder DIR]

For a session of 4 tastes x 30 trials x 40 units (280 MB), and for the same one made 4 GB long (sparse): results are added
to a fresh copy, by `blechctl infer` and by the way without a journal: copy the file, add arrays of the same size, put the copy
on the disk, rename it. Prints medians and ratios. DIR must have 10 GB free. Needs: h5py, numpy (PyPI). On a quiet machine.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

import h5py
import numpy as np

TASTES, TRIALS, UNITS, BINS, HIDDEN = 4, 30, 40, 116, 8


def make_sessions(blechctl, folder):
    """Names -> session directories."""
    small, large = os.path.join(folder, "small"), os.path.join(folder, "large")
    for path in (small, large):
        subprocess.run([blechctl, "demo", path, "--units", str(UNITS)], check=True, stdout=subprocess.DEVNULL)
    with h5py.File(os.path.join(large, "large.h5"), "r+") as h5:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple((4 << 27,))
        h5py.h5d.create(h5["raw"].id, b"electrode0", h5py.h5t.IEEE_F64LE, space, dcpl=properties)
    return {"280 MB": small, "4 GB": large}


def h5_of(session):
    return os.path.join(session, os.path.basename(session) + ".h5")


def commit(blechctl, session, state):
    """What `blechctl infer` says of its commit; two training steps, as the rates do not matter here."""
    environment = dict(os.environ, XDG_STATE_HOME=state)
    run = subprocess.run([blechctl, "infer", session, "--train-steps", "2", "--seed", str(time.time_ns() % 10**9), "--json"],
                         check=True, capture_output=True, env=environment)
    return json.loads(run.stdout)["sessions"][0]["commit"]


def copy_and_rename(path):
    start = time.perf_counter()
    copy = path + ".copy"
    shutil.copyfile(path, copy)
    with h5py.File(copy, "r+") as h5:
        for taste in range(TASTES):
            group = h5.create_group(f"/rnn_output/regions/region_all_taste_{taste}")
            group["pred_firing"] = np.ones((TRIALS, UNITS, BINS))
            group["latent_out"] = np.ones((BINS, TRIALS, HIDDEN), "f4")
    file = os.open(copy, os.O_RDWR)
    os.fsync(file)
    os.close(file)
    os.rename(copy, path)
    directory = os.open(os.path.dirname(path), os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
    return (time.perf_counter() - start) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("blechctl")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for name, session in make_sessions(arguments.blechctl, folder).items():
            h5, spare = h5_of(session), os.path.join(folder, "spare.h5")
            os.rename(h5, spare)
            commits, copies = [], []
            for number in range(arguments.rounds + 1):
                # cp leaves holes as holes; what is timed begins with everything on the disk.
                subprocess.run(["cp", "--sparse=always", spare, h5], check=True)
                subprocess.run(["sync", h5], check=True)
                commits.append(commit(arguments.blechctl, session, os.path.join(folder, "state")))
                subprocess.run(["cp", "--sparse=always", spare, h5], check=True)
                subprocess.run(["sync", h5], check=True)
                copies.append(copy_and_rename(h5))
                if number == 0:  # a warm-up
                    commits, copies = [], []
            os.remove(spare)
            shutil.rmtree(session)
            median = {key: statistics.median(c[key] for c in commits) for key in ("ms", "exposed_ms")}
            most = {key: max(c[key] for c in commits) for key in ("ms", "exposed_ms")}
            copied = statistics.median(copies)
            print(f"{name}: commit {median['ms']:.1f} ms (at most {most['ms']:.1f}), of them exposed "
                  f"{median['exposed_ms']:.1f} ms (at most {most['exposed_ms']:.1f}); copy and rename {copied:.0f} ms, "
                  f"{copied / median['ms']:.1f} times as long", flush=True)


if __name__ == "__main__":
    main()
