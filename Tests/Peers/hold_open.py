#!/usr/bin/env python3
"""Holds an .h5 open, as a person's Python session does, until its standard input ends.

    hold_open.py FILE.h5 HOW

HOW is tables-r, tables-r+, h5py-r, h5py-r+ or h5py-unlocked. Prints "open" once it is. Needs: h5py, tables (PyPI).
"""
import sys

import h5py
import tables

path, how = sys.argv[1:]
library, _, mode = how.partition("-")
if library == "tables":
    file = tables.open_file(path, mode)
elif mode == "unlocked":
    file = h5py.File(path, "r", locking=False)
else:
    file = h5py.File(path, mode)
print("open", flush=True)
sys.stdin.read()
file.close()
