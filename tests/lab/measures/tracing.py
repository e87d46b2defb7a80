# SPDX-License-Identifier: GPL-2.0-only
"""Owns the guest's function tracer: how long functions of the kernel take, and
how many of them a task calls.
"""

import re

TRACING = "/sys/kernel/tracing"
BUFFER = 16384			# KiB

# " 1) ! 123.4 us  |  name [module]();" or, at its end, "} /* name [module] */"
ENDED = re.compile(r"([\d.]+) us +\|\s+(?:\} /\* )?(\w+)(?: \[\w+\])?"
                   r"(?:\(\);| \*/)")


def begin(guest, tracer, functions=(), pids=(), options=()):
    """Starts a tracer; functions that the kernel hasn't got are left out."""
    script = [f"cd {TRACING}", "echo 0 >tracing_on", "echo nop >current_tracer",
              ": >set_ftrace_filter", ": >set_ftrace_pid", ": >trace",
              f"echo {BUFFER} >buffer_size_kb"]
    script += [f"echo '{name}' >>set_ftrace_filter 2>/dev/null"
               for name in functions]
    script += [f"echo {pid} >>set_ftrace_pid" for pid in pids]
    script += [f"echo {tracer} >current_tracer",
               *(f"echo 1 >options/{option}" for option in options),
               "echo 1 >tracing_on"]
    guest.run("; ".join(script), 60)


def end(guest):
    """Stops; the trace stays to be read."""
    guest.run(f"echo 0 >{TRACING}/tracing_on", 60)


def reset(guest):
    guest.run(f"cd {TRACING}; echo nop >current_tracer; "
              ": >set_ftrace_filter; : >set_ftrace_pid; : >trace; "
              "echo 1 >tracing_on", 60)


def time_functions(guest, functions):
    """From now on, times these; collect() has the times."""
    begin(guest, "function_graph", functions, options=["funcgraph-tail"])


def collect(guest):
    """{function: [seconds of each call]}, and the end of tracing."""
    end(guest)
    text = guest.run(f"grep -v '^#' {TRACING}/trace; true", 120)
    reset(guest)
    found = {}
    for duration, name in ENDED.findall(text):
        found.setdefault(name, []).append(float(duration) / 1e6)
    return found
