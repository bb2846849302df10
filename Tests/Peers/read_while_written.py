#!/usr/bin/env python3
"""Opens an .h5 again and again while another program changes it, and looks whether it ever sees half a change.

    read_while_written.py FILE.h5 ARRAY COPY

Every change gives all elements of ARRAY and the attribute "round" of its group one and the same new number. Half of the
openings take HDF5's lock, half do not. Whatever is copied from the file must be a whole file, too: COPY is where. Goes on
until its standard input ends; prints how often it was refused, saw whole states, and saw torn ones. Exit status 0 if it saw
none that was torn. Needs: h5py (PyPI).
"""
import collections
import select
import shutil
import sys

import h5py

path, array, copy = sys.argv[1:]
seen = collections.Counter()
rounds = set()


def look(source, locking):
    with h5py.File(source, "r", locking=locking) as h5:
        values = h5[array][()]
        number = int(h5[array].parent.attrs["round"])
    rounds.add(number)
    return bool((values == number).all())


print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    for how in ("locking", "unlocked", "copy"):
        try:
            if how == "copy":
                shutil.copyfile(path, copy)
            whole = look(copy if how == "copy" else path, how == "locking")
            seen[how + (" whole" if whole else " torn")] += 1
        except BlockingIOError:
            seen[how + " refused"] += 1
        except OSError as error:
            seen[how + (" refused" if "lock" in str(error) else f" torn: {error}")] += 1
print(", ".join(f"{how}: {count}" for how, count in sorted(seen.items())) + f"; {len(rounds)} different states")
sys.exit(1 if any("torn" in how for how in seen) or len(rounds) < 3 else 0)
