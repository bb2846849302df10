#!/usr/bin/env python3
"""The daemon's memory over many small sessions.

    soak.py [--removing] PROGRAMS [SESSIONS]

PROGRAMS is the folder of blechd, blechctl and blechd-worker, such as .build/release. Writes synthetic sessions, drops them
into a watched folder a few at a time, and prints the daemon's resident memory as they are done. With --removing those that
are done are removed again: then nothing is to grow at all. Standard library only.
"""
import argparse
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("--removing", action="store_true")
arguments.add_argument("programs", type=pathlib.Path)
arguments.add_argument("sessions", type=int, nargs="?", default=1000)
arguments = arguments.parse_args()
PROGRAMS, SESSIONS = arguments.programs, arguments.sessions
BATCH = 50
CONFIG = """watch:
  - path: {data}
    backlog: all
settle_seconds: 1
inference: {{train_steps: 20}}
limits: {{free_disk_min_mb: 0}}
"""


def resident_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024


def sessions(run):
    """How many there are of each state."""
    try:
        return json.loads((run / "status.json").read_text())["counts"]
    except (OSError, ValueError):
        return {}


def wait(daemon, holds, log):
    deadline = time.monotonic() + 600
    while not holds():
        if daemon.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the daemon does not come on; see {log}")
        time.sleep(0.5)


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="blechd-soak-"))
    (folder / "data").mkdir()
    (folder / "staging").mkdir()
    (folder / "blechd.yaml").write_text(CONFIG.format(data=folder / "data"))
    log = open(folder / "log", "w")
    daemon = subprocess.Popen(
        [PROGRAMS / "blechd", "--config", folder / "blechd.yaml", "--state-directory", folder / "state",
         "--runtime-directory", folder / "run"], stderr=log)
    started, curve = time.monotonic(), []
    try:
        time.sleep(2)
        print("sessions done | seconds | resident MB | store MB", flush=True)
        for first in range(0, SESSIONS, BATCH):
            for number in range(first, min(first + BATCH, SESSIONS)):
                session = folder / "staging" / f"s{number}"
                subprocess.run(
                    [PROGRAMS / "blechctl", "demo", session, "--tastes", "1", "--trials", "4", "--units", "2",
                     "--seed", str(number)], check=True, stdout=subprocess.DEVNULL)
                session.rename(folder / "data" / session.name)
            count = min(first + BATCH, SESSIONS)
            expected = count - first if arguments.removing else count
            wait(daemon, lambda: sessions(folder / "run").get("done", 0) == expected, log.name)
            curve.append((count, resident_mb(daemon.pid)))
            store = sum(f.stat().st_size for f in (folder / "state").glob("blechd.sqlite*")) / 1e6
            print(f"{count} | {time.monotonic() - started:.0f} | {curve[-1][1]:.1f} | {store:.1f}", flush=True)
            if arguments.removing:
                for session in (folder / "data").iterdir():
                    shutil.rmtree(session)
                wait(daemon, lambda: not sessions(folder / "run"), log.name)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(timeout=60)
    half = [mb for count, mb in curve if count >= SESSIONS / 2]
    print(f"second half: {min(half):.1f} to {max(half):.1f} MB")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
