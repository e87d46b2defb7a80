# SPDX-License-Identifier: GPL-2.0-only
"""Owns the guest: its QEMU's command line, its console, and the channel to the
agent inside (guest/agent.c has the protocol).
"""

import os
from pathlib import Path
import re
import shlex
import socket
import subprocess
import threading
import time

from inner import qmp

MIB = 1 << 20
CPU = ("host,kvm=off,hv-relaxed=on,hv-time=on,hv-vapic=on,hv-vpindex=on,"
       "hv-synic=on,hv-runtime=on,hv-stimer=on,hv-reset=on,hv-frequencies=on")

# A line that no kernel message may match, whatever the scenario.
BAD = re.compile(
    r"WARNING:|BUG:|KASAN|KCSAN|UBSAN|Oops|Call Trace|Kernel panic|"
    r"page dumped|general protection|possible circular locking|"
    r"possible recursive locking|INFO: task .* blocked|detected stall|"
    r"unreferenced object|inconsistent lock state|suspicious RCU")
# What the guest's init says when the agent is about to answer.
AGENT = "agent on "
AWAKE = "awake again"		# what it says on the console after a sleep
LEAKS = "/sys/kernel/debug/kmemleak"
# What the guest's kernel says on this host whichever driver is loaded.
HARMLESS = re.compile(r"Spectre")


class GuestError(Exception):
    pass


class Guest:
    """The guest, running; ready once its agent has answered."""

    MEMORY_ROOM = 8192		# MiB that the host can add
    BOOT_MEMORY = 1024		# MiB that a guest of virtio-mem boots with
    HOTPLUG = 72 << 10		# MiB of addresses: that is aligned to 32 GiB

    def __init__(self, boot, directory, patience):
        """patience: what each limit is multiplied by, but for that of a boot."""
        self.directory = Path(directory)
        self.console = self.directory / "console.log"
        self.trace = self.directory / "trace.log"
        self.errors = self.directory / "qemu.log"
        self.seen = set()
        self.silent = False
        self.complaint = ""		# a bad line with what is around it
        self.process = subprocess.Popen(
            self.command_line(boot), stdin=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": directory},
            stdout=subprocess.DEVNULL, stderr=open(self.errors, "wb"))
        self.qmp = qmp.Qmp(self.path("monitor"), self.process)
        self.lock = threading.Lock()	# one request at a time
        self.number = 0			# of the last request
        self.patience = 1
        self.offset = 0.0		# this machine's clock less the guest's
        self.connect()
        self.read("/proc/uptime", limit=boot["limit"])
        self.patience = patience

    def connect(self):
        self.channel = socket.socket(socket.AF_UNIX)
        self.channel.connect(self.path("agent"))

    def path(self, name):
        return str(self.directory / name)

    def balloon(self, kind, memory):
        """The options of the guest's memory and the device that changes it.

        virtio-mem can take nothing but what it gave, so it gives all but what
        a guest needs to boot.
        """
        boot, device = memory, []
        if kind == "virtio":
            device = ["-device", "virtio-balloon-pci"]
        elif kind.startswith("mem-"):
            boot = self.BOOT_MEMORY
            size = memory - boot + self.MEMORY_ROOM
            device = [
                "-object", f"memory-backend-ram,id=m1,size={size}M",
                "-device", "virtio-mem-pci,id=mem,memdev=m1,"
                           f"block-size={kind.removeprefix('mem-')}M,"
                           f"requested-size={memory - boot}M",
            ]
        elif kind == "hv":
            device = self.dynamic_memory()
        return ["-m", f"{boot}M,maxmem={memory + self.HOTPLUG}M", *device]

    def dynamic_memory(self):
        return [
            "-object", f"memory-backend-ram,id=m1,size={self.MEMORY_ROOM}M",
            "-device", "vmbus-bridge",
            "-device", "hv-balloon,id=hvb,memdev=m1,status-report=on",
        ]

    @staticmethod
    def nodes(count, memory):
        """The options of nodes of memory. The only CPU is the first one's."""
        options = []
        for node in range(count if count > 1 else 0):
            options += ["-object", f"memory-backend-ram,id=n{node},"
                                   f"size={memory // count}M",
                        "-numa", f"node,nodeid={node},memdev=n{node}" +
                                 ("" if node else ",cpus=0")]
        return options

    def command_line(self, boot):
        # What starts with "lab." is read by guest/init.sh.
        append = ["console=ttyS0", "loglevel=5", "panic=-1", "log_buf_len=4M",
                  "unknown_nmi_panic", *boot["cmdline"]]
        if boot["debian"]:
            append.append("lab.debian")
        if not boot["cgroup2"]:
            append.append("lab.cgroup2=off")
        options = [
            "qemu-system-x86_64", "-accel", "kvm",
            "-machine", "q35,vmport=off", "-smp", "1",
            "-cpu", ",".join([CPU, *boot["cpu"]]),
            *self.balloon(boot["balloon"], boot["memory"]),
            *self.nodes(boot["nodes"], boot["memory"]),
            "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", "guest/vmlinuz", "-initrd", "guest/initrd",
            "-append", " ".join(append),
            "-serial", f"file:{self.console}",
            "-qmp", f"unix:{self.path('monitor')},server=on,wait=off",
            "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=agent,path={self.path('agent')},"
                        "server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=lab.agent",
            "-msg", "timestamp=on", "-D", str(self.trace),
            "-trace", "hv_balloon_*", "-trace", "vmbus_*_channel",
        ]
        if not boot["hibernation"]:
            options += ["-global", "ICH9-LPC.disable_s4=1"]
        if boot["debian"]:
            options += ["-drive", f"file={boot['debian']},if=virtio,"
                                  "format=raw,snapshot=on"]
        if boot["swap"]:
            with open(self.path("swap"), "wb") as file:
                file.truncate(boot["swap"] * MIB)
            options += ["-drive", f"file={self.path('swap')},if=virtio,"
                                  "format=raw,cache=unsafe"]
        return options

    def receive(self, size):
        data = b""
        while len(data) < size:
            part = self.channel.recv(size - len(data))
            if not part:
                raise GuestError("the guest's QEMU closed the agent's port")
            data += part
        return data

    def ask(self, kind, text, limit):
        """(status, output) of one request to the agent.

        What is left of an answer that nobody waited for is skipped.
        """
        data = text.encode()
        limit *= self.patience
        with self.lock:
            self.number += 1
            self.channel.settimeout(limit + 30)
            self.channel.sendall(b"%s %d %d %d\n" % (
                kind, self.number, limit, len(data)) + data)
            own = re.compile(rb"@%d (\d+) (\d+) (\S+)\n$" % self.number)
            header = b""
            while not (found := own.search(header)):
                header = header[-64:] + self.receive(1)
            status, size, clock = found.groups()
            self.offset = time.time() - float(clock)
            return int(status), self.receive(int(size)).decode(
                errors="replace")

    def read_all(self, paths, limit=30):
        """Several files, one after the other; missing ones are left out."""
        return self.ask(b"R", "\n".join(paths), limit)[1]

    def read(self, path, limit=30):
        status, text = self.ask(b"R", path, limit)
        if status:
            raise GuestError(f"reading {path}: errno {status}")
        return text

    def attempt(self, command, limit=30):
        """(exit status, output) of a shell command."""
        return self.ask(b"X", command, limit)

    def run(self, command, limit=30):
        status, text = self.attempt(command, limit)
        if status:
            raise GuestError(f"{command!r}: status {status}: {text.strip()}")
        return text

    def said(self, words):
        """How many times the guest's console had these words."""
        return self.console.read_text(errors="replace").count(words)

    def starts(self):
        """How many times the guest came as far as the agent."""
        return self.said(AGENT)

    def suspend(self, limit, delay=1, meanwhile=lambda: None):
        """Suspends all devices as for hibernation, after a delay in seconds;
        whether they have resumed.

        Without swap for the image, the guest just goes on. The agent's port
        sleeps as well and loses what is on its way, so the end is seen on the
        console; and 7.3 forgets that the port has somebody at its other end.
        """
        before = self.said(AWAKE)
        self.run(f"(sleep {delay}; echo disk >/sys/power/state; sleep 1; "
                 f"echo {AWAKE} >/dev/console) >/dev/null 2>&1 &")
        meanwhile()
        woke = self.wait_for(lambda: self.said(AWAKE) > before, limit)
        self.channel.close()
        self.connect()
        return woke

    def leave(self, command, limit):
        """Runs a command that has another kernel boot in place of this one,
        and waits for that one's agent: whether it answers.
        """
        before = self.starts()
        self.run(f"(sleep 1; {command}) >/dev/console 2>&1 &")
        if not self.wait_for(lambda: self.starts() > before, limit):
            return False
        self.read("/proc/uptime", limit)
        return True

    def forgive(self, text):
        """What it says in this text is expected of it."""
        self.seen.update(line.strip() for line in text.splitlines())

    def write(self, path, text):
        """Writes a sysfs file; returns the shell's status."""
        return self.attempt(f"echo {shlex.quote(text)} >{path}")[0]

    def use_swap(self):
        """Puts empty swap on the boot's disk."""
        self.run("swapoff -a; mkswap /dev/vda >/dev/null && swapon /dev/vda")

    def meminfo(self):
        """/proc/meminfo in MiB."""
        return {line.split(":")[0]: int(line.split()[1]) / 1024
                for line in self.read("/proc/meminfo").splitlines()
                if line.endswith("kB")}

    def total(self):
        """MemTotal in MiB: what the kernel has in use."""
        return self.meminfo()["MemTotal"]

    def swapped(self):
        """MiB of swap in use."""
        info = self.meminfo()
        return info["SwapTotal"] - info["SwapFree"]

    def wait_for(self, condition, limit, interval=0.1):
        """Whether condition() came true within limit seconds."""
        end = time.monotonic() + limit * self.patience
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(interval)
        return True

    def dmesg(self):
        return self.run("dmesg", limit=60)

    def leaks(self):
        """What kmemleak has found, in a kernel that has it.

        An object shows after five seconds, and it takes two scans to tell one
        that just moved from one that is lost.
        """
        return self.run(f"[ -e {LEAKS} ] || exit 0; sleep 6; "
                        f"echo scan >{LEAKS}; echo scan >{LEAKS}; "
                        f"cat {LEAKS}", limit=300)

    def new_bad_lines(self):
        """Lines that must not be, in dmesg or on the console, not yet seen.

        The console has the last words of a guest that answers no more.
        """
        text = self.console.read_text(errors="replace")
        try:
            self.read("/proc/uptime", limit=1)	# a lost one is not waited for
            text += self.leaks() + self.dmesg()
        except (OSError, GuestError):
            self.silent = True
            text += "\nBUG: the guest does not answer\n"
        lines = [line.strip() for line in text.splitlines()]
        found = [line for line in lines
                 if BAD.search(line) and not HARMLESS.search(line)]
        new = [line for line in dict.fromkeys(found) if line not in self.seen]
        self.seen.update(new)
        if new:
            at = lines.index(new[0])
            self.complaint = "\n".join(lines[max(0, at - 30):at + 150])
        return new

    def confess(self):
        """Where the guest is that answers no more: its registers. Its kernel
        says the rest on the console, and ends.
        """
        try:
            found = self.qmp.command("human-monitor-command",
                                     **{"command-line": "info registers"})
            self.qmp.command("inject-nmi")
            time.sleep(5)
        except (OSError, qmp.QmpError) as error:
            return f"none: {error}"
        return found

    def ended(self):
        """The exit status of the guest's QEMU, None while it runs."""
        try:
            return self.process.wait(0.3)
        except subprocess.TimeoutExpired:
            return None

    def stop(self):
        self.process.kill()
        self.process.wait()
