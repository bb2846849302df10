#!/usr/bin/env python3
"""Runs the scenarios on emulated machines; see README.md beside this file."""

import argparse
import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True  # Nothing is left in the sources.
import machine
from machine import Machine, MachineError

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
CACHE = REPOSITORY / ".build" / "system"
SCENARIOS = HERE / "scenarios"
SESSION = REPOSITORY / "Tests" / "Fixtures" / "AM99_2Tastes_260101_101500"
PROGRAMS = ["blechd", "blechctl", "blechd-worker"]

# Far more than is needed on an idle computer: the machine is slow, and others may build beside it.
IMAGE_LIMIT_S, BOOT_LIMIT_S, SNAPSHOT_LIMIT_S, RETURN_LIMIT_S = 600, 180, 120, 90
DEFAULT_SCENARIO_LIMIT_S = 60


def say(text):
    print(f"# {text}", flush=True)


# The image


def recipe():
    """Changes with whatever makes another image."""
    digest = hashlib.sha256()
    for part in (HERE / "image.sh", HERE / "machine.py", pathlib.Path("/etc/os-release")):
        digest.update(part.read_bytes())
    digest.update(machine.qemu_version().encode())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def image():
    """The folder of the image, built where it is not there yet. Runs share it, whoever builds is alone."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        folder = CACHE / f"image-{recipe()}"
        remove_leftovers(lock)
        fcntl.flock(lock, fcntl.LOCK_SH)
        if not (folder / "complete").exists():
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "complete").exists():
                build(folder)
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield folder


def remove_leftovers(lock):
    """What a run that was killed has left. While others run, all of it is theirs."""
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for pattern in ("boot-*", "programs-*", "run-*"):
            for leftover in CACHE.glob(pattern):
                shutil.rmtree(leftover)


def build(folder):
    begin = time.monotonic()
    for old in CACHE.glob("image-*"):
        shutil.rmtree(old)
    folder.mkdir()
    # Mounts and processes of its own, which end with it: none of them is seen outside, whenever it is killed.
    apart = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"]
    apart += ["--pid", "--fork", "--kill-child", "--mount-proc"]
    subprocess.run(
        apart + [HERE / "image.sh", folder], check=True, timeout=IMAGE_LIMIT_S, stdin=subprocess.DEVNULL
    )
    built = time.monotonic()
    boot(folder)
    (folder / "complete").touch()
    say(f"built the image in {built - begin:.0f} s, booted it in {time.monotonic() - built:.0f} s")


def boot(folder):
    """Makes the snapshot from which every scenario begins."""
    disk = folder / "booted.qcow2"
    machine.make_disk(disk, folder / "root.ext4")
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="boot-") as scratch:
        programs = pathlib.Path(scratch) / "programs.img"
        machine.make_programs_disk(programs)
        with Machine(folder, disk, programs, scratch) as booting:
            booting.start()
            booting.wait_for_ssh(BOOT_LIMIT_S)
            state = booting.run("systemctl is-system-running --wait || systemctl --failed", BOOT_LIMIT_S)
            if state.strip() != "running":
                raise MachineError(f"the machine has failed units: {state}")
            # What is in memory for no use would only make the snapshot larger.
            booting.run("sync; echo 3 >/proc/sys/vm/drop_caches", SNAPSHOT_LIMIT_S)
            booting.save(SNAPSHOT_LIMIT_S)


# What goes into the machine


def swift_libraries(program):
    """Those libraries of a program that come with Swift; the others are the system's, and in the image."""
    listing = subprocess.run(["ldd", program], capture_output=True, check=True, timeout=60).stdout.decode()
    return [path for path in re.findall(r"=> (/\S+)", listing) if "/lib/swift/" in path]


def pack(programs, disk, scratch):
    """Writes the disk that machines see as /trial: programs, scenarios, and a session."""
    tree = pathlib.Path(scratch) / "trial"
    shutil.copytree(HERE / "inside", tree)
    shutil.copytree(SCENARIOS, tree / "scenarios")
    shutil.copytree(SESSION, tree / "session" / SESSION.name)
    (tree / "bin").mkdir()
    libraries = set()
    for name in PROGRAMS:
        shutil.copy(programs / name, tree / "bin")
        libraries.update(swift_libraries(programs / name))
    # Beside the programs is where they look first.
    for library in libraries:
        shutil.copy(library, tree / "bin")
    machine.make_programs_disk(disk, tree)
    shutil.rmtree(tree)


# Scenarios


class Scenario:
    """One script, whose first lines may say `# limit: 90 s` and `# waiting: for what`."""

    def __init__(self, path):
        self.name = path.stem
        text = path.read_text()
        limit = re.search(r"^# limit: (\d+) s$", text, re.MULTILINE)
        self.limit_s = int(limit[1]) if limit else DEFAULT_SCENARIO_LIMIT_S
        waiting = re.search(r"^# waiting: (.+)$", text, re.MULTILINE)
        self.waits_for = waiting[1] if waiting else None


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def count(self, line):
        """Prints a line of a scenario; whether it was a check."""
        print(line, flush=True)
        self.passed += line.startswith("ok - ")
        self.failed += line.startswith("not ok - ")
        return line.startswith(("ok - ", "not ok - "))

    def fail(self, what):
        self.count(f"not ok - {what}")


def play(scenario, folder, programs, tally):
    """Runs one scenario on a machine of its own, from the snapshot."""
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="run-") as scratch:
        disk = pathlib.Path(scratch) / "disk.qcow2"
        shutil.copyfile(folder / "booted.qcow2", disk)
        with Machine(folder, disk, programs, scratch) as running:
            try:
                running.start(machine.SNAPSHOT)
                running.wait_for_ssh(RETURN_LIMIT_S)
                follow(running, scenario, tally)
            except (MachineError, OSError, subprocess.SubprocessError) as error:
                tally.fail(f"{scenario.name} has a machine: {error}")


def follow(running, scenario, tally):
    # The machine's clock stands where the snapshot was made.
    command = (
        f"date -s @{time.time():.2f} >/dev/null && mount -o ro /dev/vdb /trial && cd /trial "
        f"&& exec timeout -k 5 {scenario.limit_s} bash scenarios/{scenario.name}.sh 2>&1"
    )
    checks = 0
    with subprocess.Popen(running.ssh(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as shell:
        # Where the machine hangs, so that its own timeout does not help.
        timer = threading.Timer(scenario.limit_s + 30, shell.kill)
        timer.start()
        for line in shell.stdout:
            checks += tally.count(line.decode(errors="replace").rstrip("\n"))
        shell.wait()
        timer.cancel()
    if shell.returncode == 124:
        tally.fail(f"{scenario.name} ends within {scenario.limit_s} s")
    elif shell.returncode != 0 or checks == 0:
        tally.fail(f"{scenario.name} comes to its end: status {shell.returncode}, {checks} checks")


def chosen(names):
    scenarios = [Scenario(path) for path in sorted(SCENARIOS.glob("*.sh"))]
    unknown = set(names) - {scenario.name for scenario in scenarios}
    if unknown:
        sys.exit(f"no such scenario: {', '.join(sorted(unknown))}")
    for scenario in scenarios:
        # Whoever names one wants to see it.
        if names and scenario.name not in names:
            continue
        if scenario.waits_for and not names:
            print(f"waiting - {scenario.name}: {scenario.waits_for}", flush=True)
            continue
        yield scenario


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="the folder of blechd's programs")
    parser.add_argument("scenario", nargs="*", help="the names of those to run (default: all that do not wait)")
    arguments = parser.parse_args()
    machine.end_on_signals()
    tally = Tally()
    with image() as folder, tempfile.TemporaryDirectory(dir=CACHE, prefix="programs-") as scratch:
        programs = pathlib.Path(scratch) / "programs.img"
        begin = time.monotonic()
        pack(arguments.programs, programs, scratch)
        say(f"packed the programs in {time.monotonic() - begin:.1f} s")
        for scenario in chosen(arguments.scenario):
            scenario_begin = time.monotonic()
            say(scenario.name)
            play(scenario, folder, programs, tally)
            say(f"{time.monotonic() - scenario_begin:.1f} s")
        say(f"{time.monotonic() - begin:.0f} s for all scenarios")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
