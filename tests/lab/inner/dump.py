# SPDX-License-Identifier: GPL-2.0-only
"""Owns the reading of crash dumps: which pages of the guest are in one.

makedumpfile writes a flattened dump to a disk of the guest, and puts it in
order here. It has two bitmaps then, with a bit for each page number: pages that
there were, and pages whose contents are in the dump.
"""

import struct
import subprocess

PAGE = 4096
SIGNATURE = b"KDUMP   "
SIZES_AT = 428			# block size, blocks of the sub-header, of the bitmaps


class Dump:
    def __init__(self, flattened, path):
        with open(flattened, "rb") as file:
            subprocess.run(["makedumpfile", "-R", path], stdin=file,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           check=True)
        with open(path, "rb") as file:
            header = file.read(PAGE)
            if not header.startswith(SIGNATURE):
                raise ValueError(f"no dump: {header[:16]}")
            size, sub_header, bitmaps = struct.unpack_from("<iiI", header,
                                                           SIZES_AT)
            file.seek((1 + sub_header) * size)
            self.there = file.read(bitmaps * size // 2)
            self.dumped = file.read(bitmaps * size // 2)

    @staticmethod
    def count(bitmap, start=0, pages=None):
        """How many of the pages from start on have their bit set."""
        end = len(bitmap) * 8 if pages is None else start + pages
        number = int.from_bytes(bitmap[start // 8:-(-end // 8)], "little")
        number >>= start % 8
        return (number & ((1 << (end - start)) - 1)).bit_count()
