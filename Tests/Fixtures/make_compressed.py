#!/usr/bin/env python3
"""Writes a session as some labs keep theirs: spike arrays of small integers, chunked and compressed, with an
uneven number of trials, a silent unit and no .params.

    make_compressed.py SESSION OUT_DIR

SESSION is AM99_2Tastes_260101_101500 beside this script. Needs: numpy, tables (PyPI).
"""
import os
import shutil
import sys

import tables

source, out = sys.argv[1:]
name = "compressed_integers"
home = os.path.join(out, name)
os.makedirs(home)
original = os.path.basename(source.rstrip("/"))
shutil.copy(os.path.join(source, original + ".info"), os.path.join(home, name + ".info"))
zlib = tables.Filters(complevel=9, complib="zlib", shuffle=True)
with tables.open_file(os.path.join(source, original + ".h5")) as old, \
        tables.open_file(os.path.join(home, name + ".h5"), "w") as new:
    old.copy_node("/unit_descriptor", newparent=new.root)
    new.create_group("/", "spike_trains")
    for index, taste in enumerate(old.root.spike_trains):
        spikes = taste.spike_array[: 4 - index].astype("u1")
        spikes[:, 1] = 0
        new.create_group("/spike_trains", taste._v_name)
        new.create_carray(f"/spike_trains/{taste._v_name}", "spike_array", obj=spikes, filters=zlib,
                          chunkshape=(2, 3, 3000))
