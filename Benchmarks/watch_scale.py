#!/usr/bin/env python3
"""What watching costs: 20,000 directories, and how soon a session is queued.

    watch_scale.py [--programs .build/release] [--directories 20000] [--idle 60]

Prints how long blechd takes until everything is watched, how much memory it then has, how often it was scheduled and how
much processor time it used while nothing happened, and how long after the last write of a session of 10 MB it was queued,
beyond settle_seconds. Needs Python's standard library alone.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time

SETTLE_SECONDS = 2.0


def scheduled(pid):
    """Context switches and processor seconds of all threads so far."""
    switches = ticks = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as status:
            switches += sum(int(line.split()[1]) for line in status if "ctxt_switches" in line)
        with open(f"/proc/{pid}/task/{task}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
    return switches, ticks / os.sysconf("SC_CLK_TCK")


def resident_mb(pid, key="VmRSS"):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(key)) / 1024


class Daemon:
    def __init__(self, programs, folder):
        self.runtime = folder + "/run"
        self.lines = []
        configuration = folder + "/blechd.yaml"
        with open(configuration, "w") as file:
            file.write(f"watch:\n  - path: {folder}/data\nsettle_seconds: {SETTLE_SECONDS}\n")
        self.started = time.time()
        self.process = subprocess.Popen(
            [programs + "/blechd", "--config", configuration, "--state-directory", folder + "/state",
             "--runtime-directory", self.runtime, "--dry-run"],
            stderr=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stderr:
            self.lines.append((time.time(), line))

    def status(self):
        try:
            with open(self.runtime + "/status.json") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def wait_for_line(self, words):
        while True:
            for moment, line in list(self.lines):
                if words in line:
                    return moment
            time.sleep(0.002)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", default=".build/release")
    parser.add_argument("--directories", type=int, default=20000)
    parser.add_argument("--idle", type=float, default=60)
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="blechd-scale-")
    daemon = None
    try:
        for number in range(arguments.directories // 100):
            for inner in range(99):
                os.makedirs(f"{folder}/data/rat{number}/day{inner}")
        daemon = Daemon(os.path.abspath(arguments.programs), folder)
        watched = daemon.wait_for_line("everything is watched")
        pid = daemon.process.pid
        time.sleep(3)
        watch = daemon.status()["watches"][0]
        print(f"watched: {watch['watched']} of {watch['directories']} directories, {watched - daemon.started:.2f} s after the start")
        print(f"memory: {resident_mb(pid):.1f} MB resident, {resident_mb(pid, 'VmHWM'):.1f} MB at most")

        before, start = scheduled(pid), daemon.status()["written"]
        time.sleep(arguments.idle)
        after = scheduled(pid)
        print(f"idle for {arguments.idle:.0f} s: {after[0] - before[0]} context switches, "
              f"{max(after[1] - before[1], 0) * 1000:.0f} ms of processor time (status written {start} and "
              f"{daemon.status()['written']})")

        lags = []
        for round_ in range(5):
            staged = f"{folder}/staged{round_}"
            subprocess.run([arguments.programs + "/blechctl", "demo", staged, "--tastes", "2", "--trials", "10",
                            "--units", "9"], check=True, stdout=subprocess.DEVNULL)
            target = f"{folder}/data/rat{round_}/day5/session{round_}"
            os.mkdir(target)
            names = sorted(os.listdir(staged), key=lambda name: name == "execution_log.json")
            size = 0
            for name in names:
                shutil.copyfile(f"{staged}/{name}", f"{target}/{name}")
                size += os.path.getsize(f"{target}/{name}")
            written = time.time()
            lags.append(daemon.wait_for_line(f"session{round_}: would infer") - written - SETTLE_SECONDS)
        print(f"queued, sessions of {size / 1e6:.1f} MB: settle_seconds + "
              f"{', '.join(f'{lag:.3f}' for lag in sorted(lags))} s after the last write")
        daemon.process.send_signal(signal.SIGTERM)
        stop = time.time()
        daemon.process.wait()
        print(f"stopped after {time.time() - stop:.2f} s, exit code {daemon.process.returncode}")
    finally:
        if daemon and daemon.process.poll() is None:
            daemon.process.kill()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
