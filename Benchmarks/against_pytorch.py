#!/usr/bin/env python3
"""Times blechd against PyTorch, in turn and in one run, and prints the ratios of the medians.

    against_pytorch.py BLECHCTL [--rounds 5] [--worker PATH] [--session]

Each round times some PyTorch steps (zero_grad, forward with dropout 0.2, MSE, backward, Adam; one thread) and
then blechd's (`blechctl bench`), for three sizes. --session also times whole runs of `blechctl infer` on the
standard session, 4 tastes x 40 units x 30 trials with 2,000 steps for each, with one worker and with two,
beside as many PyTorch steps one after another. --worker names another build of blechd-worker.

Needs: torch (PyPI; a CPU build is enough). On a quiet machine; nothing else should run.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

import torch
import torch.nn as nn

SIZES = {  # bins, training trials, inputs, hidden
    "22 trials, 40 inputs": (116, 22, 40, 8),
    "90 trials, 40 inputs": (116, 90, 40, 8),
    "22 trials, 14 inputs": (116, 22, 14, 8),
}


class Network(nn.Module):
    """blechRNN's network: two sigmoid layers, two tanh RNN layers, a sigmoid layer and a linear one."""

    def __init__(self, inputs, hidden, outputs, dropout=0.2):
        super().__init__()
        encoder, decoder = (inputs + hidden) // 2, (hidden + outputs) // 2
        self.encoder = nn.Sequential(nn.Linear(inputs, encoder), nn.Sigmoid(), nn.Linear(encoder, hidden), nn.Sigmoid())
        self.dropout = nn.Dropout(dropout)
        self.rnn = nn.RNN(hidden, hidden, 2, dropout=dropout)
        self.decoder = nn.Sequential(nn.Linear(hidden, decoder), nn.Sigmoid(), nn.Linear(decoder, outputs))

    def forward(self, x):
        return self.decoder(self.rnn(self.dropout(self.encoder(x)))[0])


class PyTorch:
    def __init__(self, bins, trials, inputs, hidden):
        torch.manual_seed(0)
        self.network = Network(inputs, hidden, inputs - 2)
        self.x, self.y = torch.randn(bins, trials, inputs), torch.randn(bins, trials, inputs - 2)
        self.optimizer, self.loss = torch.optim.Adam(self.network.parameters(), lr=1e-3), nn.MSELoss()
        self.steps(10)

    def steps(self, count):
        """Milliseconds per step."""
        start = time.perf_counter()
        for _ in range(count):
            self.optimizer.zero_grad()
            self.loss(self.network(self.x), self.y).backward()
            self.optimizer.step()
        return (time.perf_counter() - start) / count * 1e3


def bench(blechctl, bins, trials, inputs, hidden):
    out = subprocess.run(
        [blechctl, "bench", "--no-session", "--json", "--steps", "500", "--bins", str(bins), "--trials", str(trials),
         "--inputs", str(inputs), "--hidden", str(hidden)], check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def compare_steps(blechctl, rounds):
    print(f"{'one step, one core':24}{'PyTorch':>12}{'blechd':>12}{'ratio':>9}{'of peak':>9}")
    for title, size in SIZES.items():
        peer, theirs, ours = PyTorch(*size), [], []
        for _ in range(rounds):
            theirs.append(peer.steps(40))
            ours.append(bench(blechctl, *size))
        pytorch = statistics.median(theirs)
        blechd = statistics.median(o["step_ms"] for o in ours)
        share = statistics.median(o["peak_share"] for o in ours)
        print(f"{title:24}{pytorch:9.2f} ms{blechd:9.3f} ms{pytorch / blechd:8.1f}x{100 * share:8.0f}%")
    print(f"built for {ours[0]['isa']}; PyTorch {torch.__version__}")


def compare_sessions(blechctl, rounds):
    peer, theirs, ours = PyTorch(*SIZES["22 trials, 40 inputs"]), [], {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        session = os.path.join(folder, "session")
        subprocess.run([blechctl, "demo", session, "--units", "40"], check=True, capture_output=True)
        for _ in range(rounds):
            theirs.append(peer.steps(100) * 4 * 2000 / 1e3)
            for workers in ours:
                start = time.perf_counter()
                subprocess.run(
                    [blechctl, "infer", session, "--retrain", "--train-steps", "2000", "--patience", "0", "--jobs",
                     str(workers)], check=True, capture_output=True)
                ours[workers].append(time.perf_counter() - start)
    pytorch, one, two = statistics.median(theirs), statistics.median(ours[1]), statistics.median(ours[2])
    print("\n4 tastes x 2,000 steps, 40 units x 30 trials; blechd with reading, validation and commit")
    print(f"PyTorch, steps alone  {pytorch:7.1f} s")
    print(f"blechd, one worker    {one:7.2f} s   {pytorch / one:6.1f}x")
    print(f"blechd, two workers   {two:7.2f} s   {pytorch / two:6.1f}x   {one / two:.2f} times one worker's throughput")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("blechctl")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--worker")
    parser.add_argument("--session", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.worker:
        os.environ["BLECHD_WORKER"] = os.path.abspath(arguments.worker)
    compare_steps(arguments.blechctl, arguments.rounds)
    if arguments.session:
        compare_sessions(arguments.blechctl, max(arguments.rounds // 2, 1))


if __name__ == "__main__":
    main()
