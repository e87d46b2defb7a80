# SPDX-License-Identifier: GPL-2.0-only
"""Owns what a hostile host says, as packets of VMBus, and the way by which they
come to the driver: a module in the guest (guest/inject/).
"""

import base64
import random
import struct

MODULE = "/inject.ko"
FILE = "/sys/kernel/debug/hv-inject"
ROOM = 40000			# bytes that the agent takes at once

INBAND, COMPLETION = 6, 11		# kinds of packets
VERSION_RESPONSE, CAPS_RESPONSE, STATUS, BALLOON, UNBALLOON = 2, 4, 5, 6, 8
HOT_ADD, INFO, HOT_REMOVE = 10, 12, 13

PAGE_NUMBERS = 1 << 40
# Far above all memory that a guest here has, and below what it can address.
LOWEST_ABSENT, END_OF_ADDRESSES = 1 << 20, 1 << 38


def packet(message, kind=INBAND, offset=2, length=None):
    """A packet; offset and length count 8 bytes each, and may lie."""
    body = message + bytes(-len(message) % 8)
    if length is None:
        length = 2 + len(body) // 8
    return struct.pack("<HHHHQ", kind, offset, length, 0, 0) + body


def message(kind, body=b"", size=None):
    if size is None:
        size = 8 + len(body)
    return struct.pack("<HHI", kind, size & 0xffff, 0xbad) + body


def pages(start, count):
    return struct.pack("<Q", start % PAGE_NUMBERS | count << 40)


def unballoon(*ranges, count=None, size=None):
    count = len(ranges) if count is None else count
    return message(UNBALLOON, struct.pack("<II", 0, count) + b"".join(ranges),
                   size)


def info(kind, data_size, info_size, data):
    return message(INFO, struct.pack("<IIII", 0, info_size, kind, data_size) +
                   data)


# Malformed, or not to be said now: to be refused.
MALFORMED = {
    "empty": packet(b""),
    "zeros": packet(bytes(8)),
    "far-offset": packet(bytes(16), offset=0xffff),
    "completion": packet(bytes(16), kind=COMPLETION),
    "no-size": packet(message(BALLOON, bytes(8), size=0)),
    "short-size": packet(message(BALLOON, bytes(8), size=8)),
    "long-size": packet(message(BALLOON, bytes(8), size=0xffff)),
    "cut-off": packet(message(BALLOON, size=16)),
    "of-the-guest": packet(message(STATUS, bytes(40))),
    "unknown-type": packet(message(15, bytes(8))),
    "any-type": packet(message(0xffff, bytes(8))),
    "version": packet(message(VERSION_RESPONSE, struct.pack("<Q", 0))),
    "capabilities": packet(message(CAPS_RESPONSE, struct.pack("<Q", 5))),
    "past-the-end": packet(unballoon(pages(PAGE_NUMBERS - 1, 0xffffff))),
    "count-beyond": packet(unballoon(pages(1 << 15, 1), count=500)),
    "count-overflows": packet(unballoon(pages(1 << 15, 1), count=1 << 29)),
    "size-beyond": packet(unballoon(pages(1 << 15, 1), count=8000,
                                    size=0xfff8)),
    "half-a-region": packet(message(HOT_ADD, pages(LOWEST_ABSENT, 32768) +
                                    bytes(8), size=20)),
    "bad-region": packet(message(HOT_ADD, pages(LOWEST_ABSENT, 32768) +
                                 pages(PAGE_NUMBERS - 1, 2))),
    "info-beyond": packet(info(0, 8, 0xffff, bytes(8))),
    "info-data-beyond": packet(info(0, 0xffffffff, 16, bytes(8))),
    "info-short": packet(info(0, 4, 16, bytes(8))),
}

# Well-formed, and a lie, or about nothing: answered, and nothing is done.
LIES = {
    "no-pages": packet(unballoon(pages(1000, 0))),
    "no-memory": packet(message(HOT_ADD, pages(LOWEST_ABSENT, 0))),
    "never-given": packet(unballoon(pages(1 << 15, 64))),
    "kernel": packet(unballoon(pages(1 << 12, 4096))),
    "last-page": packet(unballoon(pages(PAGE_NUMBERS - 1, 1))),
    "twice": packet(unballoon(pages(1 << 15, 64), pages(1 << 15, 64))),
    "there-already": packet(message(HOT_ADD, pages(0, 32768))),
    "out-of-reach": packet(message(HOT_ADD, pages(PAGE_NUMBERS - 65536,
                                                  32768))),
    "outside-region": packet(message(HOT_ADD, pages(LOWEST_ABSENT, 32768) +
                                     pages(2 * LOWEST_ABSENT, 32768))),
}

RANDOM = 3000


def random_message(rand):
    """Any bytes, or a message of a type that hosts send with any fields.

    It never says that there is memory where there is none: no guest can know.
    """
    if not rand.randrange(4):
        return rand.randbytes(8 * rand.randrange(40))
    kind = rand.choice((VERSION_RESPONSE, CAPS_RESPONSE, BALLOON, UNBALLOON,
                        HOT_ADD, INFO, HOT_REMOVE, rand.randrange(20)))
    words = [rand.choice((0, 1, rand.randrange(64), rand.randrange(1 << 18),
                          rand.getrandbits(32), rand.getrandbits(64)))
             for _ in range(1 + rand.randrange(6))]
    if kind == CAPS_RESPONSE:
        words[0] &= ~4		# or there would be no more reports
    if kind == BALLOON:
        words[0] &= 63
    if kind == HOT_ADD:
        words[0] |= END_OF_ADDRESSES
    if kind == UNBALLOON:
        words[0] = rand.randrange(8) << 32 | rand.randrange(2)
    body = struct.pack(f"<{len(words)}Q", *words)
    size = rand.choice((None, None, None, rand.randrange(80)))
    return message(kind, body, size)


def random_packets():
    """The same each time."""
    rand = random.Random(1)
    return [packet(random_message(rand)) for _ in range(RANDOM)]


# What a guest can be given by name.
ALL = {**{name: [item] for name, item in {**MALFORMED, **LIES}.items()},
       "random": random_packets()}


def command(data):
    """The shell's, to put packets before the driver."""
    text = base64.b64encode(data).decode()
    return f"echo {text} | base64 -d | dd of={FILE} bs=1M iflag=fullblock"


def inject(guest, packets):
    """Has the driver read packets."""
    data = b""
    for number, item in enumerate(packets, 1):
        data += struct.pack("<I", len(item)) + item
        if len(data) > ROOM or number == len(packets):
            guest.run(f"{command(data)} 2>&1", 60)
            data = b""


def inject_endless(guest):
    """Has the driver read a packet that claims to be longer than the ring holds.

    What follows is read at the wrong places, round and round, until the module
    gives up after ten seconds.
    """
    item = packet(bytes(16), length=0x8000)
    guest.run(f"({command(struct.pack('<I', len(item)) + item)}) "
              "</dev/null >/dev/null 2>&1 &")
