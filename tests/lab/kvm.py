# SPDX-License-Identifier: GPL-2.0-only
"""Owns the question whether a guest can run on this machine directly, or needs
the emulated one around it. LAB_KVM=no has the one around it anyway, LAB_KVM=yes
wants none.
"""

import fcntl
import os
import sys

import root

DEVICE = "/dev/kvm"
GET_API_VERSION, CHECK_EXTENSION = 0xae00, 0xae03	# ioctls
API_VERSION = 12
# What QEMU needs for the devices of a Hyper-V guest, by KVM's numbers.
WANTED = {44: "Hyper-V", 148: "its SynIC", 149: "its numbers of processors"}


def missing():
    """Why no guest can run here directly; None when one can."""
    try:
        device = os.open(DEVICE, os.O_RDWR)
    except OSError as error:
        return f"{DEVICE}: {error.strerror}"
    try:
        version = fcntl.ioctl(device, GET_API_VERSION)
        if version != API_VERSION:
            return f"KVM has version {version}"
        for number, name in WANTED.items():
            if fcntl.ioctl(device, CHECK_EXTENSION, number) < 1:
                return f"KVM hasn't got {name}"
    except OSError as error:
        return f"{DEVICE}: {error.strerror}"
    finally:
        os.close(device)
    return None


def is_used():
    """Whether guests run directly; says so in a line."""
    choice, why = os.environ.get("LAB_KVM", ""), missing()
    if choice == "yes" and why:
        sys.exit(f"kvm.py: LAB_KVM=yes, but {why}")
    if choice == "no":
        why = "LAB_KVM=no"
    root.say(f"guests run in an emulated machine: {why}" if why else
             f"guests run on this machine, by {DEVICE} (LAB_KVM=no changes it)")
    return not why
