#!/usr/bin/env python3
"""Writes types.h5, the arrays that ElementTypeTests reads: every type and storage that other programs use.

    make_types.py OUT_DIR

Every readable array holds [[0, 1, 0], [1, 1, 0]], or 2 where it says so. Needs: numpy, h5py, tables (PyPI).
"""
import os
import sys

import h5py
import numpy as np
import tables

values = np.array([[0, 1, 0], [1, 1, 0]])
path = os.path.join(sys.argv[1], "types.h5")
with tables.open_file(path, "w") as h5:
    h5.create_array("/", "pytables_bool", values.astype(bool))
    for kind in ("i1", "u1", "i2", "i4", "i8", "u8", "f4", "f8", ">i2", ">i8", ">f4", ">f8"):
        h5.create_array("/", "type_" + kind.replace(">", "big_"), values.astype(kind))
    h5.create_carray("/", "zlib", obj=values.astype("f8"), filters=tables.Filters(complevel=5, complib="zlib"))
    h5.create_carray("/", "blosc", obj=values.astype("f8"), filters=tables.Filters(complevel=5, complib="blosc"))
    h5.create_soft_link("/", "soft_link", "/type_f8")
    h5.create_external_link("/", "external_link", "other.h5:/type_f8")
    h5.create_array("/", "text", np.array([b"ab", b"cd"]))
    h5.root._v_attrs.pytables_text = "gustatory cortex ä"
    h5.root._v_attrs.pytables_empty = ""
    h5.root._v_attrs.pytables_integer = 5
    h5.root._v_attrs.pytables_number = 2.5
    h5.root._v_attrs.pytables_pickle = [1, 2]
with h5py.File(path, "r+") as h5:
    h5["h5py_bool"] = values.astype(bool)
    h5["scalar"] = 2.0
    h5.attrs["h5py_text"] = "variable ä"
    layout = h5py.VirtualLayout((2, 3), "f8")
    layout[:] = h5py.VirtualSource(path, "type_f8", (2, 3))
    h5.create_virtual_dataset("virtual", layout)
    h5.create_dataset("external", (2, 3), "f8", external=[("other.raw", 0, h5py.h5f.UNLIMITED)])
