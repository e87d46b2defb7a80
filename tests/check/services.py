# SPDX-License-Identifier: GPL-2.0-only
"""Owns the checks of what contrib/ has for machines that are looked after by
programs: units, alerts, a dashboard, tasks. Each is judged by the program that
reads it, or by that one's own linter, where Debian has it.
"""

import json
import re
import tomllib

import box
import desk
from builds import AT, Failed, stage, tail

DASHBOARD = "contrib/grafana/hv_balloon.json"
RULES = "contrib/prometheus/hv_balloon.rules.yml"
METRIC = re.compile(r"\bhv_balloon_\w+")
COLUMNS = 24			# of a dashboard
EXPOSURE = 20			# tenths, of systemd-analyze security; less is better


def at_desk(script):
    """What a shell script said that ended well, in a copy of the tree."""
    with stage() as tree:
        done = desk.run(["sh", "-euc", script], binds=[(tree, AT)], cd=AT)
    if done.returncode:
        raise Failed(tail(done.stdout))
    return done.stdout


def units():
    said = at_desk(f"""
install -m 755 scripts/hv-balloon-top /usr/bin
cp contrib/systemd/* /usr/lib/systemd/system
systemd-analyze verify --man=no hv-balloon-metrics.service \
	hv-balloon-metrics.timer
systemd-analyze security --offline=true --no-pager --threshold={EXPOSURE} \
	hv-balloon-metrics.service | tail -n 1
""")
    lines = said.strip().splitlines()
    if len(lines) != 1 or "exposure level" not in lines[0]:
        raise Failed(said)


YAML_STYLE = ("{extends: default, rules: {document-start: disable, "
              "comments: {require-starting-space: false}, "
              "line-length: {max: 90}}}")


def tasks():
    at_desk(f"""
yamllint --strict -d '{YAML_STYLE}' $(find contrib -name '*.y*ml')
LC_ALL=C.UTF-8 ansible-lint --offline --strict --profile production \
	contrib/ansible/tasks/*.yml
cloud-init schema --config-file contrib/cloud-init/hv_balloon.yaml
""")


def exported(said):
    """Every metric that hv-balloon-top can write: those of the sample, and one
    for each label of debugfs, as a number or as text.
    """
    found = set(METRIC.findall(said))
    for source in (box.TREE / "drivers/hv").glob("*.c"):
        for label in re.findall(r'"([a-z]\w+)"', source.read_text()):
            found |= {f"hv_balloon_{label}{end}" for end in
                      ("", "_bytes", "_total", "_info")}
    return found


def panels_of(dashboard):
    """The queries of a dashboard whose panels have their own ids and places."""
    ids, taken, queries = set(), set(), []
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        if panel["id"] in ids or cells & taken or \
                any(x >= COLUMNS for x, _ in cells):
            raise Failed(f"{panel['title']}: its id or its place is taken")
        ids.add(panel["id"])
        taken |= cells
        queries += [target["expr"] for target in panel["targets"]]
    return queries


def metrics():
    """Dashboard and alerts ask for what there is, in Prometheus's language."""
    dashboard = json.loads((box.TREE / DASHBOARD).read_text())
    queries = [query.replace("$instance", ".*")
               for query in panels_of(dashboard)]
    rules = {"groups": [{"name": "dashboard", "rules": [
        {"record": f"query_{number}", "expr": query}
        for number, query in enumerate(queries)]}]}
    said = at_desk(f"""
cat >queries.json <<'END'
{json.dumps(rules)}
END
promtool check rules {RULES} queries.json >&2
python3 scripts/hv-balloon-top --root tests/check/sample --prometheus >metrics
promtool check metrics <metrics
cat metrics
""")
    asked = METRIC.findall(" ".join(queries)) + METRIC.findall(
        (box.TREE / RULES).read_text().split("rules:", 1)[1])
    unknown = sorted(set(asked) - exported(said))
    if unknown or not asked:
        raise Failed(f"nobody exports: {', '.join(unknown)}")


def settings():
    """Telegraf's file is TOML; what sysctl would set is off, and exists."""
    found = tomllib.loads(
        (box.TREE / "contrib/telegraf/hv_balloon.conf").read_text())
    service = (box.TREE / "contrib/systemd/hv-balloon-metrics.service"
               ).read_text()
    output = re.search(r"--output (\S+)", service)[1]
    directory = output.rpartition("/")[0]
    for line in (f"ExecStartPre=+mkdir -p {directory}",
                 f"ReadWritePaths={directory}"):
        if line not in service.splitlines():
            raise Failed(f"the service has no line {line}")
    if found["inputs"]["file"][0]["files"] != [output]:
        raise Failed("Telegraf doesn't read what the service writes")
    lines = (box.TREE / "contrib/sysctl.d/hv_balloon.conf"
             ).read_text().splitlines()
    names = [line.split()[1] for line in lines
             if re.match(r"# [a-z_.]+ = \S+$", line)]
    missing = [name for name in names if not
               box.Path("/proc/sys", *name.split(".")).exists()]
    on = [line for line in lines if line and line[0] != "#"]
    if on or missing or not names:
        raise Failed(f"on: {on}; not there: {missing}; of {names}")


CHECKS = {
    "units by systemd": units,
    "tasks by their linters": tasks,
    "metrics by prometheus": metrics,
    "examples of settings": settings,
}
