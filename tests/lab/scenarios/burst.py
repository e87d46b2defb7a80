# SPDX-License-Identifier: GPL-2.0-only
"""A burst of memory use in a small guest, with a balancer as the host.

The same burst runs with the stock driver, and with all memory from the start
("roomy"); the checks that need those are made by run.py with compare(). Other
shapes than the main one: shapes.py.
"""

import json
import time

from inner import onset
from inner.balancer import Balancer
from inner.load import Load, held_data
from inner.watch import Watch
import scenario
import shapes

MINIMUM = 1024
AFTER = 60			# seconds until the demand must be back
HOLD = 3			# seconds of use once all is touched

SENTENCES = {
    "stall": "the guest stalls in PSI full for less than 0.1 s",
    "lean": "it ends with at most 1.8 times the peak of memory in use",
    "back": "60 s later the demand is at most 10 % above what it was before",
    "onset": "a report leaves within 50 ms of each sign of want, if any",
    "data": "every page of the load held its data",
    "bounded": "growth ends: the second half of the time sees none",
    "returned": "the host gives back what it holds before it adds memory",
    "steady": "once it has settled, the host sets at most 5 targets",
    "most": "the guest is as large as the host lets it be, and goes on",
}
COMPARED = {
    "swap": "at most 1/100 of stock's pages are written to swap",
    "time": "it takes hardly longer than with all memory from the start, the "
            "host's pauses aside",
}


class Run(scenario.Scenario):
    shape = shapes.MAIN
    limit = 500
    timed = ("stall", "lean", "back", "onset", "bounded", "steady")

    def run(self):
        self.prepare()
        outputs = [f"/tmp/load-{Load.count + 1 + number}"
                   for number in range(len(self.shape.loads))]
        roomy = self.lab.driver == "roomy"
        balancer = None if roomy else Balancer(MINIMUM, self.shape.most,
                                               self.shape.host)
        self.mark = self.host.mark()
        self.watch = Watch(self.lab, balancer, self.on_sample,
                           outputs).start()
        try:
            self.watch.wait(3)
            self.play()
        finally:
            self.watch.close()
        self.watch.check()
        self.lab.emit("log", name=f"{self.name()}.json", text=json.dumps(
            {"samples": self.watch.samples, "reports": self.watch.reports,
             "targets": self.watch.targets, "begin": self.watch.begin}))

    def prepare(self):
        self.guest.use_swap()
        if self.lab.driver != "roomy":
            self.host.wait_ready()
        if self.shape.held and self.lab.driver != "roomy":
            self.host.resize(self.host.actual() - self.shape.held)
            time.sleep(3)
        if self.lab.ours:
            onset.start(self.guest)

    def on_sample(self, sample):
        self.lab.emit("sample", scenario=self.name(), **sample)

    def play(self):
        first = self.watch.samples[-1]
        loads = [Load(self.guest, mode, mib, rate,
                      self.extra(mode), delay)
                 for mode, mib, rate, delay in self.shape.loads]
        if self.shape.seconds:
            self.watch.wait(self.shape.seconds)
        else:
            self.watch.wait(300, lambda: self.watch.touched == len(loads))
        touched = self.watch.samples[-1]
        self.watch.wait(HOLD)
        measures = self.measure(first, touched, loads)
        data = self.stop(loads)
        if self.lab.driver != "roomy":
            self.watch.wait(AFTER if self.lab.ours else 5)
        last = self.watch.samples[-1]
        measures |= {"after": last["demand"], "size_after": last["size"],
                     "data": data}
        self.lab.emit("measures", scenario=self.name(), values=measures)
        if self.lab.ours:
            self.lab.emit("log", name=f"{self.name()}.looks", text=onset.looks(
                onset.read(self.guest), first["guest_time"]))
            self.judge(measures)

    def extra(self, mode):
        if mode == "cache":
            return "/dev/vda"
        return "hold" if self.shape.hold else ""

    def stop(self, loads):
        """Whether all loads held their data."""
        if self.lab.driver == "stock":
            self.guest.attempt("killall -9 load")
            return True
        results = []
        for load, (mode, *_) in zip(loads, self.shape.loads):
            if mode == "cache":
                load.kill()
            else:
                results.append(load.stop(300))	# it may have to be swapped in
        return held_data(results)

    def measure(self, first, touched, loads):
        samples = [sample for sample in self.watch.samples
                   if sample["time"] >= first["time"]]
        end = samples[-1]
        spans = [span for span in (load.span() for load in loads) if span]
        begin = self.watch.begin + first["time"]
        half = begin + (end["time"] - first["time"]) / 2
        targets = [when for when, _ in self.watch.targets if when > begin]
        measures = {
            "swapped": touched["pswpout"] - first["pswpout"],
            "full_us": touched["psi_full"] - first["psi_full"],
            "some_us": touched["psi_some"] - first["psi_some"],
            "seconds": max((until for _, until in spans), default=0) -
            min((since for since, _ in spans), default=0),
            "paused": touched["paused"] - first["paused"],
            "clock_lost": touched["time"] - first["time"] -
            touched["guest_time"] + first["guest_time"],
            "peak": max(sample["used"] for sample in samples),
            "size": max(end["size"], end["target"]), "total": end["total"],
            "start": first["size"], "before": first["demand"],
            "end": end["demand"], "targets": len(targets),
            "targets_after_60_s": sum(when > begin + 60 for when in targets),
            "targets_in_2nd_half": sum(when > half for when in targets),
        }
        if self.lab.ours:
            measures |= self.onsets(first)
        events = self.host.events(since=self.mark)
        kinds = [event.kind for event in events]
        first_add = kinds.index("hot-add") if "hot-add" in kinds else None
        measures["hot_adds"] = kinds.count("hot-add")
        measures["returned_first"] = sum(
            event.count for event in events[:first_add]
            if event.kind == "unballoon") // 256
        return measures

    def onsets(self, first):
        """Delays from the driver's signals to its reports, in ms."""
        delays = onset.delays(onset.read(self.guest), first["guest_time"])
        if not delays:
            return {"onset": 0, "onset_max": 0, "seen": 0, "signal": "none"}
        start, signal, delay = delays[0]
        seen = [when - self.guest.offset - start
                for when, *_ in self.watch.reports
                if when - self.guest.offset > start]
        return {"onset": 1000 * delay, "signal": signal,
                "onset_max": 1000 * max(delay for *_, delay in delays),
                "seen": 1000 * min(seen, default=0)}

    def judge(self, found):
        grown, used = found["size"] - found["start"], found["peak"]
        verdicts = {
            "stall": (found["full_us"] < 100000,
                      f"{found['full_us'] / 1e6:.3f} s"),
            "lean": (found["size"] <= 1.8 * used,
                     f"{found['size']:.0f} of {used:.0f} MiB, "
                     f"{found['size'] / used:.2f} times"),
            "back": (found["after"] <= 1.1 * found["before"],
                     f"{found['before']:.0f}, at the end {found['end']:.0f}, "
                     f"then {found['after']:.0f} MiB"),
            "onset": (found["onset_max"] <= 50,
                      f"first sign: {found['signal']}; a report left after "
                      f"{found['onset']:.1f} ms, at most after "
                      f"{found['onset_max']:.1f}; the host saw it after "
                      f"{found['seen']:.0f}"),
            "data": (found["data"], ""),
            "bounded": (not found["targets_in_2nd_half"],
                        f"{grown:.0f} MiB in {found['targets']} targets, "
                        f"{used:.0f} in use"),
            "returned": (found["returned_first"] == self.shape.held,
                         f"{found['returned_first']} MiB returned, then "
                         f"{found['hot_adds']} hot-add requests"),
            "most": (found["size"] == self.shape.most,
                     f"{found['size']:.0f} MiB, {found['swapped']} pages "
                     "swapped"),
            "steady": (found["targets_after_60_s"] <= 5,
                       f"{found['targets']} targets, "
                       f"{found['targets_after_60_s']} of them after a "
                       "minute"),
        }
        for key in self.checks:
            self.check(key, *verdicts[key])


def compare(shape, found):
    """[(key, passed, measured)] from {contender: measures}."""
    ours = found["ours"]
    stock = found.get("stock", {}).get("swapped")
    roomy = found.get("roomy", {}).get("seconds", 0)
    # QEMU can't act on a target while the guest runs (inner/host.py), and for
    # a part of that time the guest's clock goes on.
    seen = max(0, ours["paused"] - ours["clock_lost"])
    # The aim is 4 %, on a quiet machine; more than 10 % is a fault on any.
    in_time = ours["seconds"] - seen <= 1.1 * roomy
    measured = (f"{ours['seconds']:.2f} s, {seen:.2f} of them paused; with "
                f"all memory {roomy:.2f}; the aim is 4 % more")
    if roomy > 1.05 * shape.least_seconds():
        in_time = None
        measured += (f"; where nothing slows it, {shape.least_seconds():.2f}: "
                     "this machine is too busy")
    verdicts = {
        "swap": (stock is not None and 100 * ours["swapped"] <= stock,
                 f"{ours['swapped']} of stock's {stock}"),
        "time": (in_time, measured),
    }
    return [(key, *verdicts[key]) for key in COMPARED if key in shape.checks]


def of(shape):
    """The scenario of a shape."""
    full_name = "burst" + (f"-{shape.name}" if shape.name else "")

    class Shaped(Run):
        boot = scenario.Boot(full_name, memory=MINIMUM + shape.held, swap=4096,
                             alone=True)
        checks = {key: SENTENCES[key] for key in SENTENCES
                  if key in shape.checks}
        compared = {key: COMPARED[key] for key in COMPARED
                    if key in shape.checks}
        contenders = shape.contenders
        limit = 500 + shape.seconds

        @classmethod
        def name(cls):
            return full_name

        @staticmethod
        def compare(found):
            return compare(shape, found)

    Shaped.shape = shape
    return Shaped
