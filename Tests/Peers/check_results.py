#!/usr/bin/env python3
"""Holds what blechd wrote into a session's .h5 against what blech_clust's own script writes there.

    check_results.py BEFORE.h5 AFTER.h5

BEFORE is the session before, AFTER the same session with results. Checks that
- every other object of the file is what it was, value for value and attribute for attribute;
- each group of results has PyTables' attributes and arrays of the names, shapes, types and attributes that
  PyTables' create_group and create_array give (written here beside it, for comparison);
- PyTables opens the file r+, reads the results and removes them, all without a warning.

Exit status 0, and one line on stdout, if all holds. Needs: numpy, h5py, tables (PyPI).
"""
import os
import shutil
import sys
import tempfile
import warnings

import h5py
import numpy as np
import tables

warnings.simplefilter("error")
UPSTREAM = {"pred_firing": ("float64", 3), "latent_out": ("float32", 3), "pred_x": ("int64", 1)}
ADDED = {"time_ms": ("float64", 1), "unit_index": ("int64", 1)}


def attributes(node):
    """Name -> (type, shape, bytes) as libhdf5 sees them."""
    found = {}
    for name in node.attrs:
        attribute = node.attrs.get_id(name)
        value = node.attrs[name]
        found[name] = (str(attribute.dtype), attribute.shape, attribute.get_type().get_size(), repr(value))
    return found


def check_untouched(before, after):
    names = []
    before.visit(names.append)
    for name in [""] + [n for n in names if not n.startswith("rnn_output")]:
        old, new = before["/" + name], after["/" + name]
        assert attributes(old) == attributes(new), f"attributes of /{name} changed"
        if isinstance(old, h5py.Dataset):
            assert old.dtype == new.dtype and old.shape == new.shape, f"/{name} changed its form"
            assert old[()].tobytes() == new[()].tobytes(), f"/{name} changed"
    kept = set(names)
    added = []
    after.visit(added.append)
    strays = [n for n in added if n not in kept and not n.startswith("rnn_output")]
    assert not strays, f"objects that do not belong there: {strays}"
    return len(kept)


def check_like_upstream(after, scratch):
    """Writes the same arrays with PyTables and compares type, shape, layout and attributes."""
    groups = after["/rnn_output/regions"]
    with tables.open_file(scratch, "w") as reference:
        reference.create_group("/", "rnn_output")
        reference.create_group("/rnn_output", "regions")
        for name, group in groups.items():
            reference.create_group("/rnn_output/regions", name)
            for array in group:
                reference.create_array(f"/rnn_output/regions/{name}", array, group[array][()])
    with h5py.File(scratch, "r") as reference:
        for path in ("/rnn_output", "/rnn_output/regions"):
            assert attributes(after[path]) == attributes(reference[path]), path
        for name, group in groups.items():
            twin = reference[group.name]
            ours = attributes(group)
            for key, value in attributes(twin).items():
                assert ours[key] == value, f"{group.name}: attribute {key}"
            assert set(group) == set(UPSTREAM) | set(ADDED), f"{group.name} holds {list(group)}"
            for array, (dtype, rank) in (UPSTREAM | ADDED).items():
                data, other = group[array], twin[array]
                assert str(data.dtype) == dtype and data.ndim == rank, data
                assert data.dtype == other.dtype and data.shape == other.shape and data.chunks is None, data
                assert data.id.get_type().equal(other.id.get_type()), data
                assert attributes(data) == attributes(other), f"{data.name}: attributes"
            trials, units, bins = group["pred_firing"].shape
            assert group["latent_out"].shape[:2] == (bins, trials)
            assert group["pred_x"].shape == group["time_ms"].shape == (bins,)
            assert group["unit_index"].shape == (units,)
            assert np.isfinite(group["pred_firing"][()]).all() and (group["pred_firing"][()] >= 0).all()
    return list(groups)


def check_pytables(path):
    with tables.open_file(path, "r+") as h5:
        for group in h5.iter_nodes("/rnn_output/regions"):
            for array in group:
                array.read()
            for name in group._v_attrs._f_list("user"):
                group._v_attrs[name]
        h5.remove_node("/rnn_output", recursive=True)
    with tables.open_file(path, "r") as h5:
        assert "/rnn_output" not in h5


def main():
    before_path, after_path = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        with h5py.File(before_path, "r") as before, h5py.File(after_path, "r") as after:
            kept = check_untouched(before, after)
            groups = check_like_upstream(after, os.path.join(folder, "reference.h5"))
        copy = os.path.join(folder, "copy.h5")
        shutil.copy(after_path, copy)
        check_pytables(copy)
    print(f"{kept} objects untouched; as upstream's: {', '.join(groups)}")


if __name__ == "__main__":
    main()
