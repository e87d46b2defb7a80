# SPDX-License-Identifier: GPL-2.0-only
"""Owns the view of the guest's memory from below: which of the pages that it
gave are there in the host. QEMU discards what it is given, so such a page is
there again only once the guest has touched it.
"""

import re

PAGE = 4096
BLOCK_PAGES = 32768		# what is surely in one piece in the host, too
LARGE = 16384			# pages

# The highest byte of an entry of a page map, for pages present or swapped out.
THERE = bytes(range(64, 256))


def touch_single_pages():
    """From now on: a huge page in the host would touch neighbours."""
    with open("/sys/kernel/mm/transparent_hugepage/enabled", "w",
              encoding="ascii") as file:
        file.write("never")


def there(file, page, count):
    """How many of these pages of a process are there, those of zeros, too."""
    file.seek(8 * page)
    tops = file.read(8 * count)[7::8]
    return len(tops) - len(tops.translate(None, THERE))


class Given:
    """What the guest gave, by the answers that the host got from mark on."""

    def __init__(self, guest, host, mark):
        self.guest = guest
        self.ranges = [(event.start, event.count)
                       for event in host.events("removed", mark)]
        self.pages = sum(count for _, count in self.ranges)
        self.pieces = [self.host_piece(*piece) for start, count in self.ranges
                       for piece in self.split(start, start + count)]

    @staticmethod
    def split(page, end):
        while page < end:
            count = min(end, page - page % BLOCK_PAGES + BLOCK_PAGES) - page
            yield page, count
            page += count

    def host_piece(self, page, count):
        """The same pages in the address space of the guest's QEMU."""
        text = self.guest.qmp.command(
            "human-monitor-command",
            **{"command-line": f"gpa2hva {page * PAGE:#x}"})
        return int(re.search(r"is (0x[0-9a-f]+)", text)[1], 16) // PAGE, count

    def present(self):
        """How many of the pages that were given are there in the host."""
        with self.page_map() as file:
            return sum(there(file, *piece) for piece in self.pieces)

    def resident(self):
        """How many pages are there of all large areas of the guest's QEMU."""
        with open(f"/proc/{self.guest.process.pid}/maps",
                  encoding="ascii") as file:
            areas = [[int(word, 16) // PAGE for word in
                      line.split()[0].split("-")] for line in file]
        with self.page_map() as file:
            return sum(there(file, start, end - start) for start, end in areas
                       if LARGE <= end - start)

    def page_map(self):
        return open(f"/proc/{self.guest.process.pid}/pagemap", "rb",
                    buffering=0)
