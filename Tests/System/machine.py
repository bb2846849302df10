"""An emulated machine: started from an image, spoken with over ssh, and always ended."""

import os
import signal
import socket
import subprocess
import sys
import time

SNAPSHOT = "booted"
# Room for the programs under test and their libraries. It is fixed, as the machine of the snapshot knows it.
PROGRAMS_DISK_BYTES = 512 << 20


class MachineError(Exception):
    """The machine itself does not do what it should; says nothing about the programs under test."""


def qemu_version():
    output = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, check=True, timeout=30)
    return output.stdout.decode().splitlines()[0]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Machine:
    """Two emulated processors, 768 MB, and no way out: only the host can open connections, to its ssh.

    image: the folder that image.sh has filled. disk: a qcow2 above its root. programs: a raw ext4 disk, which is
    not written to. folder: for what it leaves behind."""

    def __init__(self, image, disk, programs, folder):
        self.image, self.disk, self.programs, self.folder = image, disk, programs, folder
        self.process = None
        self.port = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def start(self, snapshot=None):
        self.port = free_port()
        root = f"file={self.disk},format=qcow2,if=virtio,cache=unsafe"
        root += f",backing.driver=raw,backing.file.filename={self.image}/root.ext4"
        command = [
            # Even where this program is killed, the machine ends with it.
            "setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64",
            "-machine", "q35,accel=tcg", "-cpu", "max", "-smp", "2", "-m", "768",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", f"{self.image}/kernel", "-initrd", f"{self.image}/initramfs",
            "-append", "console=ttyS0 quiet panic=-1 mitigations=off psi=1 net.ifnames=0",
            "-serial", f"file:{self.folder}/serial.log",
            "-drive", root,
            "-drive", f"file={self.programs},format=raw,if=virtio,readonly=on",
            "-netdev", f"user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:22",
            "-device", "virtio-net-pci,netdev=n0,romfile=",
            "-monitor", "stdio",
        ]  # fmt: skip
        with open(f"{self.folder}/qemu.log", "wb") as log:
            self.process = subprocess.Popen(
                command + (["-loadvm", snapshot] if snapshot else []),
                stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=30)

    def ssh(self, command):
        """The command line that runs a command in the machine, as root."""
        options = [
            "BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR",
            "IdentitiesOnly=yes", "ConnectTimeout=20", "ServerAliveInterval=10", "ServerAliveCountMax=3",
        ]  # fmt: skip
        return (
            ["ssh", "-F", "none", "-n", "-i", f"{self.image}/key", "-p", str(self.port)]
            + [argument for option in options for argument in ("-o", option)]
            + ["root@127.0.0.1", command]
        )

    def wait_for_ssh(self, limit_s):
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise MachineError(f"qemu ended with {self.process.returncode}: {self.last_words()}")
            try:
                if subprocess.run(self.ssh("true"), capture_output=True, timeout=30).returncode == 0:
                    return
            except subprocess.TimeoutExpired:
                pass
            time.sleep(0.2)
        raise MachineError(f"no shell within {limit_s} s: {self.last_words()}")

    def run(self, command, limit_s):
        result = subprocess.run(self.ssh(command), capture_output=True, timeout=limit_s)
        if result.returncode:
            raise MachineError(f"{command}: {result.returncode}: {result.stderr.decode(errors='replace')}")
        return result.stdout.decode(errors="replace")

    def save(self, limit_s):
        """Stores the running machine in its disk under SNAPSHOT, and ends it."""
        self.process.stdin.write(f"stop\nsavevm {SNAPSHOT}\nquit\n".encode())
        self.process.stdin.close()
        self.process.wait(timeout=limit_s)
        listing = subprocess.run(
            ["qemu-img", "snapshot", "-l", "-U", self.disk], capture_output=True, timeout=30
        ).stdout.decode()
        if SNAPSHOT not in listing:
            raise MachineError(f"the snapshot is not there: {self.last_words()}")

    def last_words(self):
        words = []
        for name in ("qemu.log", "serial.log"):
            try:
                with open(f"{self.folder}/{name}", "rb") as file:
                    words.append(file.read()[-2000:].decode(errors="replace"))
            except OSError:
                pass
        return "\n".join(words)


def make_disk(path, above):
    """An empty qcow2 above a raw disk."""
    subprocess.run(
        ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", os.path.abspath(above), path],
        check=True, timeout=60,
    )  # fmt: skip


def make_programs_disk(path, tree=None):
    """A disk of PROGRAMS_DISK_BYTES that holds the files of a folder, or nothing yet."""
    with open(path, "wb") as file:
        file.truncate(PROGRAMS_DISK_BYTES)
    if tree:
        subprocess.run(
            ["mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-d", tree, path],
            check=True, timeout=120, stdout=subprocess.DEVNULL,
        )  # fmt: skip


def end_on_signals():
    """Lets whatever is open be closed when this program is told to end."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
