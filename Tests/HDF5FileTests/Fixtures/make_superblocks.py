#!/usr/bin/env python3
"""Writes superblock_0.h5, superblock_2.h5 and superblock_3.h5, one small session for each version of HDF5's superblock, and
left_open.h5, whose writer died.

    make_superblocks.py FOLDER

h5py chooses the superblock and makes the groups, PyTables writes all that is in them: spikes, a table, and results such
as blechd's, which the tests replace, overwrite and remove. No object keeps the time of its last change: the tests compare
whole files that were changed in different seconds. Needs: h5py, numpy, tables (PyPI).
"""
import os
import sys

import h5py
import numpy as np
import tables

VERSIONS = {0: ("earliest", "v108"), 2: ("v108", "v108"), 3: ("v110", "v110")}
GROUPS = ["/spike_trains", "/spike_trains/dig_in_0", "/rnn_output", "/rnn_output/regions",
          "/rnn_output/regions/region_all_taste_0"]


class Unit(tables.IsDescription):
    unit_number = tables.Int32Col(pos=0)
    electrode_number = tables.Int32Col(pos=1)


def timeless(kind):
    properties = h5py.h5p.create(kind)
    properties.set_obj_track_times(False)
    return properties


def create(path, bounds):
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    versions = {"earliest": h5py.h5f.LIBVER_EARLIEST, "v108": h5py.h5f.LIBVER_V18, "v110": h5py.h5f.LIBVER_V110}
    access.set_libver_bounds(versions[bounds[0]], versions[bounds[1]])
    file = h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, timeless(h5py.h5p.FILE_CREATE), access)
    for name in GROUPS:
        h5py.h5g.create(file, name.encode(), gcpl=timeless(h5py.h5p.GROUP_CREATE))
    file.close()


def write(path, bounds):
    create(path, bounds)
    with tables.open_file(path, "r+") as h5:
        random = np.random.default_rng(0)
        spikes = (random.random((2, 3, 200)) < 0.1).astype("f8")
        h5.create_array("/spike_trains/dig_in_0", "spike_array", spikes, track_times=False)
        units = h5.create_table("/", "unit_descriptor", Unit, chunkshape=(8,), track_times=False)
        units.append([(0, 0), (1, 5), (2, 40)])
        group = h5.get_node(GROUPS[-1])
        h5.create_array(group, "pred_firing", np.ones((2, 3, 60)), track_times=False)
        h5.create_array(group, "pred_x", np.arange(60), track_times=False)
        group._v_attrs.fingerprint = "0" * 64


def write_and_die(path):
    """Version 3 keeps a mark in the file for as long as it is open for writing."""
    process = os.fork()
    if process == 0:
        file = h5py.File(path, "w", libver=("v110", "v110"))
        file["spikes"] = np.zeros(3)
        file.flush()
        os._exit(0)
    os.waitpid(process, 0)


def main():
    (folder,) = sys.argv[1:]
    for version, bounds in VERSIONS.items():
        path = os.path.join(folder, f"superblock_{version}.h5")
        write(path, bounds)
        with open(path, "rb") as file:
            assert file.read(9)[8] == version, path
    write_and_die(os.path.join(folder, "left_open.h5"))


if __name__ == "__main__":
    main()
