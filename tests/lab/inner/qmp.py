# SPDX-License-Identifier: GPL-2.0-only
"""Owns the QMP connection to the guest's QEMU."""

import json
import socket
import threading
import time


class QmpError(Exception):
    pass


class Qmp:
    """Commands over QEMU's monitor socket; its events are not needed."""

    LIMIT = 60

    def __init__(self, path, process):
        self.buffer = b""
        self.lock = threading.Lock()	# one command at a time
        self.socket = socket.socket(socket.AF_UNIX)
        end = time.monotonic() + self.LIMIT
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError as error:
                if process.poll() is not None or time.monotonic() > end:
                    raise QmpError(f"no monitor at {path}") from error
                time.sleep(0.05)
        self.socket.settimeout(self.LIMIT)
        self.receive()
        self.command("qmp_capabilities")

    def receive(self):
        while b"\n" not in self.buffer:
            data = self.socket.recv(1 << 16)
            if not data:
                raise QmpError("the guest's QEMU closed its monitor")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def command(self, name, **arguments):
        request = {"execute": name}
        if arguments:
            request["arguments"] = arguments
        with self.lock:
            self.socket.sendall(json.dumps(request).encode() + b"\n")
            while True:
                message = self.receive()
                if "return" in message:
                    return message["return"]
                if "error" in message:
                    raise QmpError(f"{name}: {message['error']['desc']}")
