#!/usr/bin/env python3
"""Loads a network that blechd saved into PyTorch and infers the same rates from the same spikes.

    check_artifact.py SESSION.h5 GROUP ARTIFACT.safetensors

GROUP is a group of results, such as region_all_taste_0. Starting from the spikes in the .h5 this bins,
scales, projects, runs the network in eval mode and goes back to rates, with numpy and PyTorch alone, and
compares with the latent_out and pred_firing in the file. Prints the largest differences; exit status 0 if
latent_out agrees within 1e-4. Needs: numpy, h5py, torch, safetensors (PyPI).
"""
import json
import sys

import h5py
import numpy as np
import torch
import torch.nn as nn
from safetensors import safe_open


class AutoencoderRNN(nn.Module):
    """The modules of blechRNN's autoencoderRNN (src/model.py) under its names."""

    def __init__(self, inputs, hidden, outputs, rnn_layers, dropout=0.2):
        super().__init__()
        encoder, decoder = (inputs + hidden) // 2, (hidden + outputs) // 2
        self.encoder = nn.Sequential(nn.Linear(inputs, encoder), nn.Sigmoid(), nn.Linear(encoder, hidden), nn.Sigmoid())
        self.rnn = nn.RNN(hidden, hidden, rnn_layers, dropout=dropout)
        self.decoder = nn.Sequential(nn.Linear(hidden, decoder), nn.Sigmoid(), nn.Linear(decoder, outputs))
        self.en_dropout = nn.Dropout(dropout)

    def forward(self, x):
        latent, _ = self.rnn(self.en_dropout(self.encoder(x)))
        return self.decoder(latent), latent


def text(value):
    """h5py gives text of fixed length as bytes."""
    return value.decode() if isinstance(value, bytes) else value


def main():
    h5_path, group_name, artifact = sys.argv[1:]
    with safe_open(artifact, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        metadata = file.metadata()
    preprocessing = {k.split(".")[1]: tensors.pop(k).numpy() for k in list(tensors) if k.startswith("preprocessing.")}
    with h5py.File(h5_path, "r") as h5:
        group = h5["/rnn_output/regions/" + group_name]
        params = json.loads(text(group.attrs["params"]))
        assert json.loads(metadata["params"]) == params and metadata["fingerprint"] == text(group.attrs["fingerprint"])
        rows = group["unit_index"][()]
        lo, hi = params["time_lims"]
        spikes = np.concatenate([h5[f"/spike_trains/{name}/spike_array"][()][:, rows, lo:hi]
                                 for name in text(group.attrs["dig_in"]).split(",")])
        stimulus_bin = (int(group.attrs["stimulus_ms"]) - lo) // params["bin_size"]
        latent_out, pred_firing = group["latent_out"][()], group["pred_firing"][()]
    trials, units, _ = spikes.shape
    counts = spikes.reshape(trials, units, -1, params["bin_size"]).sum(-1)
    features = (np.moveaxis(counts, -1, 0) - preprocessing["mean"]) / preprocessing["scale"]
    if params["use_pca"]:
        features = (features - preprocessing["pca_mean"]) @ preprocessing["components"].T
    stimulus = np.zeros(features.shape[:2] + (1,))
    stimulus[stimulus_bin] = 1
    trial = np.broadcast_to(np.arange(trials) / (trials - 1), features.shape[:2])[..., None]
    ahead = params["forecast_time"] // params["bin_size"]
    x = np.concatenate([features, stimulus, trial], axis=-1)[:-ahead]

    network = AutoencoderRNN(x.shape[-1], params["hidden_size"], x.shape[-1] - 2, rnn_layers=2)
    network.load_state_dict(tensors)
    network.eval()
    with torch.no_grad():
        out, latent = network(torch.from_numpy(x).float())
    rates = out.numpy().astype("f8")
    if params["use_pca"]:
        rates = rates @ preprocessing["components"] + preprocessing["pca_mean"]
    rates = np.maximum(rates * preprocessing["scale"] + preprocessing["mean"], 0)
    latent_error = np.abs(latent.numpy() - latent_out).max()
    rate_error = np.abs(np.moveaxis(rates, 0, -1) - pred_firing).max()
    print(f"{group_name}: latent_out within {latent_error:.1e}, pred_firing within {rate_error:.1e} of PyTorch's")
    sys.exit(0 if latent_error < 1e-4 and rate_error < 1e-4 else 1)


if __name__ == "__main__":
    main()
