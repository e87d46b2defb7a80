# SPDX-License-Identifier: GPL-2.0-only
"""Owns the list of the checks and the verdict.

	run [PATTERN...]	run those whose name matches a pattern, or all
	run --quick		run those that are part of `make test`

Every check of EXPECTED must run and pass; one that does not come to an end,
that nobody provides or that nobody expects counts as failed. The verdict is
the last line.
"""

import concurrent.futures
import fnmatch
import os
import sys
import time
import traceback

import between
import builds
import distros
import intree
import layers
import limits
import messages
import models
import mutated
import packages
import parameters
import services
import states
import static
import upstream
from box import root

EXPECTED = """
build 6.1 gcc sparse
build 6.1 clang
build 6.12 gcc sparse
build 6.12 clang
build 7.2 gcc sparse
build 7.2 clang
build newest gcc sparse
build newest clang
build 6.1 rt
build 6.12 rt
build 7.2 rt
build newest rt
build 6.1 arm64
build 6.12 arm64
build 6.12 arm64-16k
build 7.2 arm64
build 7.2 arm64-16k
build newest arm64
build newest arm64-16k
build 6.12 strict types
build newest strict types
modules that measure
build as 6.1.83
build as 6.3
build as 6.4
build as 6.8
build as 6.10
build as 6.14
build as 6.15
build as a vendor's 6.12
build 6.1 without PAGE_REPORTING
build 6.1 without SWAP
build 6.1 without ZSWAP
build 6.1 without PSI
build 6.1 without CGROUPS
build 6.1 without MEMORY_HOTREMOVE
build 6.1 without NUMA
build 6.1 without TRANSPARENT_HUGEPAGE
build newest without PAGE_REPORTING
build newest without SWAP
build newest without ZSWAP
build newest without PSI
build newest without CGROUPS
build newest without MEMORY_HOTREMOVE
build newest without NUMA
build newest without TRANSPARENT_HUGEPAGE
in-tree series
in-tree driver by checkpatch
built-in 6.12
in-tree x86
in-tree x86 clang
in-tree arm64 4K and 64K pages
checkpatch --strict
kernel-doc
coccicheck
shellcheck
pyflakes
rules for files
pages by docutils
viewer and report
hv-balloon-check away from Hyper-V
whether the lab takes KVM
replay.h is of its record
replay up to the kernel
hosts from their records
simulator on hosts from records
alpine's files on busybox
install and unload, or not
parameters as documented
parameters as modinfo says
dmesg lines in troubleshooting
dmesg lines are limited
floors
what the suites call is exported
states as tested
steps as tested
mutants of what there is
package and dkms in a clean root
kernels of dkms.conf
options in dkms.conf
version of the package
docs by the kernel's sphinx
rpm in a clean root
akmod's spec
arch's package in a clean root
alpine's package and akms
nix's expressions
versions of the packages
letter to upstream
patches to the kernel are explained
units by systemd
tasks by their linters
metrics by prometheus
examples of settings
""".strip().splitlines()

# A minute on two cores, once the headers are there.
QUICK = """
build * gcc sparse
build 6.12 strict types
modules that measure
in-tree series
rules for files
pages by docutils
replay.h is of its record
replay up to the kernel
hosts from their records
simulator on hosts from records
parameters as documented
dmesg lines in troubleshooting
dmesg lines are limited
floors
what the suites call is exported
states as tested
steps as tested
mutants of what there is
letter to upstream
patches to the kernel are explained
* dkms.conf
""".strip().splitlines()

PROVIDED = {**between.CHECKS, **builds.CHECKS, **distros.CHECKS,
            **intree.CHECKS, **layers.CHECKS, **limits.CHECKS,
            **messages.CHECKS, **models.CHECKS, **mutated.CHECKS,
            **packages.CHECKS, **parameters.CHECKS,
            **services.CHECKS, **states.CHECKS, **static.CHECKS,
            **upstream.CHECKS}


def run(name):
    """(name, seconds, what is wrong or None)"""
    start = time.monotonic()
    problem = None
    try:
        if name not in PROVIDED:
            raise builds.Failed("no such check")
        if name not in EXPECTED:
            raise builds.Failed("not in the list of expected checks")
        PROVIDED[name]()
    except builds.Failed as failed:
        problem = str(failed)
    except Exception:
        problem = traceback.format_exc()
    return name, time.monotonic() - start, problem


def main():
    patterns = sys.argv[1:] or ["*"]
    if patterns == ["--quick"]:
        patterns = QUICK
    names = [name for name in dict.fromkeys([*EXPECTED, *PROVIDED])
             if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]
    missing = set(names)
    workers = os.cpu_count() or 1
    passed = 0
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for done in concurrent.futures.as_completed(
                [pool.submit(run, name) for name in names]):
            name, seconds, problem = done.result()
            print(f"{'FAIL' if problem else 'ok  '} {name} ({seconds:.0f} s)",
                  flush=True)
            if problem:
                print("     " + problem.replace("\n", "\n     "), flush=True)
            else:
                missing.discard(name)
                passed += 1
    for name in sorted(missing):
        print(f"failed: {name}")
    print(f"{passed} passed, {len(missing)} failed")
    return 1 if missing or not passed else 0


if __name__ == "__main__":
    root.cache_dir()
    sys.exit(main())
