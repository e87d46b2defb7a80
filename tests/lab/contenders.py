# SPDX-License-Identifier: GPL-2.0-only
"""Owns the list of what is measured beside this driver: how each is called and
drawn, what is loaded in the guest, and which device it talks to.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Contender:
    """module: as images.STOCK names it, "ours", or guest/large/.
    device: see inner/guest.py. state: how the guest brings blocks online that
    are none of the Dynamic Memory host's.
    """

    title: str
    colour: str
    module: str
    device: str = "hv"
    state: str = "online"


# virtio-mem takes and gives parts of blocks when they are at least two to a
# block, and otherwise whole blocks: two modes, with code of their own. It is
# best where all its memory is movable.
CONTENDERS = {
    "stock": Contender("stock", "#d62728", "stock"),
    "virtio": Contender("virtio-balloon", "#7f7f7f", "virtio", "virtio"),
    "large": Contender("2 MiB balloon", "#bcbd22", "large", "none"),
    "mem-2": Contender("virtio-mem, 2 MiB", "#2ca02c", "mem", "mem-2",
                       "online_movable"),
    "mem-128": Contender("virtio-mem, 128 MiB", "#98df8a", "mem", "mem-128",
                         "online_movable"),
    "ours": Contender("this driver", "#1f77b4", "ours"),
}
