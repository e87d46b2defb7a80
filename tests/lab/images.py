# SPDX-License-Identifier: GPL-2.0-only
"""Owns what the two machines boot from: the outer machine's disk and initrd,
the guest's initrd, and the payload that carries the guest into the outer one.
"""

import io
import json
import lzma
from pathlib import Path
import subprocess
import tarfile

import build
import dumper
import kernels
import root

DISK_SIZE = "4G"

# What a scenario may put into a guest as users do.
CARRIED = ("scripts/hv-balloon-*", "scripts/install.sh", "contrib/systemd/*")

# The kernel's own drivers, which a guest gets in place of ours.
STOCK = {"stock": "hv_balloon", "virtio": "virtio_balloon",
         "mem": "virtio_mem"}


def cpio(entries):
    """A cpio archive (newc) of (path, mode, contents), as an initrd wants."""
    out = io.BytesIO()
    for number, (path, mode, contents) in enumerate(
            [*entries, ("TRAILER!!!", 0, b"")], 1):
        name = path.encode() + b"\0"
        fields = [number, mode, 0, 0, 1, 0, len(contents), 0, 0, 0, 0,
                  len(name), 0]
        out.write(b"070701" + b"".join(b"%08x" % field for field in fields))
        for part in (name, contents):
            out.write(part)
            out.write(bytes(-out.tell() % 4))
    return out.getvalue()


def directory(path):
    return (path, 0o040755, b"")


def program(path, source):
    return (path, 0o100755, source.read_bytes())


def modules(kernel, names):
    """[(file name, contents)] of modules and what they need, in load order.

    What the kernel has built in, or is not there at all, is left out: kernels
    differ in that, and what is really missed shows when it is used.
    """
    index = kernel.modules / "modules.dep"
    needs = {}
    for line in index.read_text().splitlines() if index.exists() else ():
        path, rest = line.split(":")
        needs[plain_name(path)] = (path, rest.split())
    order = []
    for name in names:
        if plain_name(name) in needs:
            path, others = needs[plain_name(name)]
            order += [*reversed(others), path]
    return [(plain_name(path) + ".ko", module_contents(kernel.modules / path))
            for path in dict.fromkeys(order)]


def plain_name(path):
    return path.rsplit("/", 1)[-1].split(".")[0].replace("-", "_")


def module_contents(path):
    contents = path.read_bytes()
    return lzma.decompress(contents) if path.suffix == ".xz" else contents


def module_entries(where, found):
    order = "".join(f"{name}\n" for name, _ in found).encode()
    return [(f"{where}/order", 0o100644, order),
            *((f"{where}/{name}", 0o100644, data) for name, data in found)]


def outer_disk():
    """The root as an ext4 image; never written to."""
    tree = root.root()

    def make(path):
        root.say("making the outer machine's disk")
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal",
                        "-d", str(tree), str(path), DISK_SIZE], check=True)

    return root.cached("disk", root.key_of(tree.name, DISK_SIZE), make)


def busybox():
    return program("bin/busybox", root.root() / "usr/bin/busybox")


def outer_initrd(kernel):
    return cpio([
        *map(directory, ("bin", "modules")), busybox(),
        ("bin/sh", 0o120777, b"busybox"),
        program("init", build.LAB / "inner" / "init.sh"),
        *module_entries("modules", modules(kernel, ["virtio_blk"])),
    ])


def with_libraries(path):
    """A program of the root's, and what it is linked with."""
    out = root.run(["ldd", f"/{path}"], stdout=subprocess.PIPE,
                         text=True, check=True).stdout
    names = [path, *(word[1:] for word in out.split() if word[0] == "/")]
    above = dict.fromkeys(str(parent) for name in names for parent in
                          reversed(Path(name).parents) if parent.name)
    return [*map(directory, above),
            *(program(name, root.root() / name) for name in names)]


def guest_entries(kernel, driver, boot):
    """What is in a guest's initrd, whichever way it was booted."""
    programs = build.guest_programs()
    if driver in STOCK:
        name = STOCK[driver]
        driver = dict(modules(kernel, [name])).get(f"{name}.ko", b"")
    found = modules(kernel, ["virtio_pci", "virtio_console", "virtio_blk",
                             "hv_vmbus"])
    helpers = [(f"{name}.ko", 0o100644, build.guest_module(kernel, name))
               for name in boot["modules"]]
    other = [("stock.ko", 0o100644, data) for _, data in
             modules(kernel, ["hv_balloon"])[-1:]] \
        if boot["takes_over"] else []
    return [
        *map(directory, ("bin", "modules")), busybox(),
        ("bin/sh", 0o120777, b"busybox"),
        program("init", build.LAB / "guest" / "init.sh"),
        *(program(f"bin/{name}", programs / name)
          for name in build.GUEST_PROGRAMS),
        *module_entries("modules", found),
        ("hv_balloon.ko", 0o100644, driver), *helpers, *other,
    ]


def guest_initrd(kernel, driver, boot):
    """driver: what to load, a name in STOCK or a module's contents.

    A guest that is to boot another kernel gets that, which is the same, and
    an initrd for it, which has what makes a crash dump, too.
    """
    entries = guest_entries(kernel, driver, boot)
    if boot["kexec"]:
        initrd = cpio([*entries, *with_libraries(dumper.program())])
        entries += [directory("next"),
                    ("next/vmlinuz", 0o100644, kernel.image.read_bytes()),
                    ("next/initrd", 0o100644, initrd)]
    return cpio(entries)


def payload(path, kernel, driver, plan):
    """Writes the tar that the outer machine finds on its second disk."""
    outer = kernels.kernel(kernels.OUTER)
    initrd = guest_initrd(kernel, driver, plan["boot"])
    files = [*module_entries("kvm", modules(outer, ["kvm_amd"])),
             ("guest/vmlinuz", 0o100644, kernel.image.read_bytes()),
             ("guest/initrd", 0o100644, initrd),
             ("plan.json", 0o100644, json.dumps(plan).encode()),
             program("inner/init.sh", build.LAB / "inner" / "init.sh")]
    files += [program(f"carried/{source.name}", source)
              for names in CARRIED for source in build.TREE.glob(names)]
    for source in sorted(build.LAB.rglob("*.py")):
        files.append((str(source.relative_to(build.LAB)), 0o100644,
                      source.read_bytes()))
    with tarfile.open(path, "w") as tar:
        for name, mode, contents in files:
            info = tarfile.TarInfo("payload/" + name)
            info.mode = mode & 0o777
            info.size = len(contents)
            tar.addfile(info, io.BytesIO(contents))
