#!/usr/bin/python3
"""What the sandbox adds: a trivial static C program, a dynamic one and Python, in the sandbox with everything switched on,
against bare fork+exec and posix_spawn of the same program from a static launcher under 2 MB, bwrap and crun. All take turns
in blocks of 20 runs, hot and with 60 ms idle before each run; runs per second with one and two workers. Ratios are to
fork+exec of the same phase: they hold where microseconds do not. `warm` has a main.py in an interpreter that was started before
its program came, `forked` a process of one that was started once."""

import argparse
import bisect
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# crun refuses a hybrid host while the v2 mount has controllers: it is measured where it does not see that one.
HIDE_V2 = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"', "sh"]
PYTHON = ["/usr/bin/python3", "-c", "print(1)"]
# What issue "2. The sandbox" asks for, by phase and figure: (contender, bound, is an upper bound).
TARGETS = {
    "static hot": ("sandbox", 1.5, True), "static idle": ("sandbox", 1.2, True),
    "static 2 workers": ("sandbox", 0.6, False), "python hot": ("sandbox", 1.05, True),
    "python 2 workers": ("sandbox", 0.95, False), "warm python idle": ("sandbox, warm", 1 / 3, True), "warm python 2 workers": ("sandbox, forked", 2.5, False),
}


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def yaml_value(language, key):
    with open(os.path.join(ROOT, f"deployments/languages/{language}.yaml"), encoding="utf-8") as file:
        return next(line.split(":", 1)[1].strip() for line in file if line.strip().startswith(key + ":"))


def bwrap(program_folder, argv):
    return ["/usr/bin/bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/usr", "/usr",
            "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--symlink", "usr/bin", "/bin",
            "--ro-bind", program_folder, "/opt", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--", *argv]


def crun(home, name, program_folder, argv):
    """A container whose limits are like ours; the bundle's folder is made here."""
    bundle = os.path.join(home, name)
    os.makedirs(os.path.join(bundle, "rootfs"))
    bind = ["rbind", "ro", "nosuid", "nodev"]
    config = {
        "ociVersion": "1.0.2",
        "process": {"terminal": False, "user": {"uid": 1000, "gid": 1000}, "args": argv, "cwd": "/",
                    "env": ["PATH=/usr/bin:/bin"], "noNewPrivileges": True, "capabilities": {},
                    "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 256, "soft": 256}]},
        "root": {"path": "rootfs"}, "hostname": "sandbox",
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                   {"destination": "/usr", "type": "bind", "source": "/usr", "options": bind},
                   {"destination": "/opt", "type": "bind", "source": program_folder, "options": bind},
                   {"destination": "/lib64", "type": "bind", "source": "/usr/lib64", "options": bind},
                   {"destination": "/lib", "type": "bind", "source": "/usr/lib", "options": bind},
                   {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "size=64k", "mode=755"]},
                   {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "size=128m"]}],
        "linux": {"namespaces": [{"type": each} for each in ("pid", "mount", "ipc", "uts", "network")],
                  "cgroupsPath": f"/sluice-bench-{name}-{os.getpid()}",
                  "resources": {"memory": {"limit": 256 << 20}, "pids": {"limit": 64}}},
    }
    with open(os.path.join(bundle, "config.json"), "w", encoding="ascii") as file:
        json.dump(config, file)
    return ["/usr/bin/crun", "--cgroup-manager=cgroupfs", "--root", os.path.join(home, "crun"), "run", "--bundle", bundle,
            f"sluice-bench-{name}-{os.getpid()}"]


class plan_maker:
    def __init__(self, options, home):
        self.options, self.home = options, home
        self.programs = os.path.join(home, "programs")
        os.mkdir(self.programs, 0o755)
        self.static = os.path.join(self.programs, "true_static")
        shutil.copy(os.path.join(options.build, "bin/sluice-bench-true"), self.static)
        self.dynamic = os.path.join(self.programs, "true_dynamic")
        subprocess.run(["gcc", "-O2", "-o", self.dynamic, os.path.join(ROOT, "bench/sandbox/true.c")], check=True)

    def others(self, label, argv):
        inside = [argv[0].replace(self.programs, "/opt"), *argv[1:]]
        found = [{"name": "fork+exec", "kind": "fork", "commands": [argv, argv]},
                 {"name": "posix_spawn", "kind": "spawn", "commands": [argv, argv]}]
        if os.path.exists("/usr/bin/bwrap"):
            found.append({"name": "bwrap", "kind": "spawn", "commands": [bwrap(self.programs, inside)] * 2})
        if os.path.exists("/usr/bin/crun"):
            found.append({"name": "crun", "kind": "spawn", "prefix": HIDE_V2, "commands": [
                crun(self.home, f"{label}-{worker}", self.programs, inside) for worker in range(2)]})
        return found

    def contenders(self, name):
        if name == "static":
            return self.others(name, [self.static]) + [
                {"name": "sandbox", "kind": "sandbox", "argv": [self.static]},
                {"name": "sandbox, sent as a pack", "kind": "sandbox", "argv": ["/box/program"], "pack": self.static}]
        if name == "dynamic":
            return self.others(name, [self.dynamic])[:2] + [
                {"name": "sandbox", "kind": "sandbox", "argv": [self.dynamic]},
                {"name": "sandbox, sent as a pack", "kind": "sandbox", "argv": ["/box/program"], "pack": self.dynamic}]
        return self.others(name, PYTHON) + [{"name": "sandbox", "kind": "sandbox", "argv": PYTHON}]

    def against(self, contenders):
        """The plain sandbox once more, with another slot manager: a change and what was before it, in the same minutes."""
        if not self.options.against:
            return contenders
        plain = next(each for each in contenders if each["name"] == "sandbox")
        return contenders + [dict(plain, name="sandbox, the other", manager=os.path.abspath(self.options.against))]

    def warm_phases(self):
        """A main.py in a cold and in a waiting interpreter, and what it costs another program that one waits."""
        quick = self.options.quick
        argv = ["/usr/bin/python3", "main.py"]
        script = "print(1)\n"
        warm = {"argv": argv, "agent": os.path.join(ROOT, "deployments/languages/warm/python3_agent.py"),
                "agent_path": yaml_value("python3", "agent_path")}
        python = [{"name": "fork+exec", "kind": "fork", "commands": [PYTHON, PYTHON]},
                  {"name": "sandbox, cold", "kind": "sandbox", "argv": argv, "script": script},
                  {"name": "sandbox, warm", "kind": "sandbox", "argv": argv, "script": script, "runtime": warm},
                  {"name": "sandbox, forked", "kind": "sandbox", "argv": argv, "script": script,
                   "forks": {"manager": os.path.join(self.options.build, "bin/sluice-slot-manager")}}]
        static = [{"name": "fork+exec", "kind": "fork", "commands": [[self.static]] * 2},
                  {"name": "sandbox", "kind": "sandbox", "argv": [self.static]},
                  {"name": "sandbox, a Python waits", "kind": "sandbox", "argv": [self.static], "runtime": warm}]
        runs = 60 if quick else 100
        return [{"name": "warm python idle", "contenders": python, "runs": runs, "idle_us": 60000},
                {"name": "warm python hot", "contenders": python, "runs": runs},
                {"name": "warm python rate", "contenders": python, "rounds": 3 if quick else 7, "slice_ms": 500},
                {"name": "warm static idle", "contenders": static, "runs": runs, "idle_us": 60000}]

    def phases(self):
        quick = self.options.quick
        made = self.warm_phases() if not self.options.only or "warm" in self.options.only else []
        for name in ("static", "dynamic", "python"):
            if self.options.only and name not in self.options.only:
                continue
            everyone = self.against(self.contenders(name))
            hot = {"static": 400, "dynamic": 400, "python": 200}[name]
            made.append({"name": f"{name} hot", "contenders": everyone, "runs": hot // 4 if quick else hot})
            made.append({"name": f"{name} idle", "contenders": [each for each in everyone if each["name"] != "crun"],
                         "runs": 40 if quick else 100, "idle_us": 60000})
            made.append({"name": f"{name} rate", "contenders": everyone, "rounds": 3 if quick else 7, "slice_ms": 500})
        return made

    def plan(self):
        made = {"slots": 2, "manager": os.path.join(self.options.build, "bin/sluice-slot-manager"),
                "spawner": os.path.join(self.options.build, "bin/sluice-bench-spawner"),
                "read_only_paths": ["/usr", "/etc/ld.so.cache", "/etc/alternatives", self.programs],
                "phases": [] if self.options.soak else self.phases()}
        if self.options.soak:
            made["soak"] = {"runs": self.options.soak, "argv": [self.static], "looks": 6}
        return made


def breakdown_plan(made, idle_us, argv):
    return {**made, "slots": 1, "phases": [], "manager": made["manager"] + "-traced",
            "breakdown": {"name": "sandbox", "argv": argv, "warm": 10, "runs": 100, "idle_us": idle_us}}


def run_all(options, plan, home):
    """Slots with fork servers make no program's process ahead, so their phases have slots of their own."""
    forked = [each for each in plan["phases"] if any("forks" in one for one in each["contenders"])]
    others = {**plan, "phases": [each for each in plan["phases"] if each not in forked]}
    outcome = run_plan(options, others, home)
    if forked:
        more = run_plan(options, {**plan, "phases": forked, "fork_servers": True}, home)
        outcome["phases"] = (outcome.get("phases") or []) + more["phases"]
    return outcome


def run_plan(options, plan, home, log=None):
    file_name = os.path.join(home, "plan.json")
    with open(file_name, "w", encoding="ascii") as file:
        json.dump(plan, file)
    done = subprocess.run([os.path.join(options.build, "bin/sluice-bench-sandbox"), file_name], stdout=subprocess.PIPE,
                          stderr=log, check=False)
    if done.returncode != 0:
        sys.exit("bench sandbox: the measuring program failed")
    return json.loads(done.stdout)


def judge(target, ratio, contender):
    wanted = TARGETS.get(target)
    if wanted is None or wanted[0] != contender:
        return ""
    _, bound, is_upper = wanted
    kept = ratio <= bound if is_upper else ratio >= bound
    return f"  {'at most' if is_upper else 'at least'} {bound:.3g}: {'yes' if kept else 'NO'}"


def print_latency(phase):
    samples = phase["latency_us"]
    base = statistics.median(samples["fork+exec"])
    base_p99 = percentile(samples["fork+exec"], .99)
    print(f"\n{phase['name']} (µs; {len(samples['fork+exec'])} runs)\n"
          f"  {'':<26}{'p50':>9}{'p99':>9}{'ratio':>8}{'p99 ratio':>11}")
    for name in sorted(samples, key=lambda each: statistics.median(samples[each])):
        p50, p99 = statistics.median(samples[name]), percentile(samples[name], .99)
        print(f"  {name:<26}{p50:>9.0f}{p99:>9.0f}{p50 / base:>8.2f}{p99 / base_p99:>11.2f}"
              f"{judge(phase['name'], p50 / base, name)}")


def print_rate(phase):
    rates = {name: {workers: statistics.median(each) for workers, each in found.items()}
             for name, found in phase["per_second"].items()}
    base = rates["fork+exec"]
    program = phase["name"].removesuffix(" rate")
    print(f"\n{program}, runs per second\n  {'':<26}{'1 worker':>9}{'ratio':>8}{'2 workers':>11}{'ratio':>8}")
    for name in sorted(rates, key=lambda each: -rates[each]["2"]):
        one, two = rates[name]["1"], rates[name]["2"]
        print(f"  {name:<26}{one:>9.0f}{one / base['1']:>8.2f}{two:>11.0f}{two / base['2']:>8.2f}"
              f"{judge(program + ' 2 workers', two / base['2'], name)}")


def print_breakdown(ends, trace, title):
    """Median time of each step, from one timestamp to the next, in the order in which most runs pass them."""
    runs = {}
    for line in trace.splitlines():
        if line.startswith("TRACE"):
            points = dict(each.split("=") for each in line.split()[1:])
            points = {name: (int(each.split("/")[0]) / 1000, int(each.split("/")[1])) for name, each in points.items()}
            runs[points["manager.got_request"][0]] = points
    received = sorted(runs)
    steps = {}
    for begin, end in ends:
        at = bisect.bisect(received, begin)
        if at == len(received) or received[at] > end:
            continue  # the last run, whose manager ended before it could tell
        points = {name: each for name, each in runs[received[at]].items() if begin <= each[0]}
        points["service.asked"], points["service.has_result"] = (begin, 0), (end, 0)
        ordered = sorted(points, key=points.get)
        for before, after in zip(ordered, ordered[1:]):
            same = before.partition(".")[0] == after.partition(".")[0]
            faults = points[after][1] - points[before][1] if same else 0
            steps.setdefault((before, after), []).append((points[after][0] - points[before][0], faults))
    print(f"\n{title}: median µs from the step before, page faults (total {statistics.median(end - begin for begin, end in ends):.0f})")
    for (before, after), each in steps.items():
        if len(each) > len(ends) // 3:
            print(f"  {before:<24} → {after:<24}{statistics.median(took for took, _ in each):>8.1f}"
                  f"{statistics.median(faults for _, faults in each):>5.0f}")


def print_memory(processes, title):
    print(f"\n{title} (KiB)\n  {'':<12}{'RSS':>8}{'PSS':>8}{'fds':>6}")
    for each in processes:
        if each["name"] in ("launcher", "manager", "init"):
            print(f"  {each['name']:<12}{each['rss_kib']:>8}{each['pss_kib']:>8}{each['fds']:>6}")
    slots = max(1, sum(each["name"] == "manager" for each in processes))
    helper = sum(each["pss_kib"] for each in processes if each["name"] == "launcher")
    slot = sum(each["pss_kib"] for each in processes if each["name"] in ("manager", "init")) / slots
    print(f"  launcher and one idle slot: {helper + slot:.0f} KiB of PSS (at most 8192)")


def print_soak(looks):
    print(f"\nOver many runs\n  {'runs':>9}{'RSS of all':>12}{'fds':>6}{'processes':>11}{'cgroups':>9}")
    for look in looks:
        print(f"  {look['runs']:>9}{sum(each['rss_kib'] for each in look['processes']):>8} KiB"
              f"{sum(each['fds'] for each in look['processes']):>6}{len(look['processes']):>11}{look['cgroups']:>9}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.path.join(ROOT, "build/release"))
    parser.add_argument("--quick", action="store_true", help="a quarter of the runs: figures to look at, not to quote")
    parser.add_argument("--json", help="write the raw figures to this file as well")
    parser.add_argument("--only", nargs="*", choices=["static", "dynamic", "python", "warm"], help="just these programs")
    parser.add_argument("--breakdown", action="store_true", help="only where one run spends its time")
    parser.add_argument("--against", metavar="MANAGER", help="another sluice-slot-manager, measured in turn with this one")
    parser.add_argument("--soak", type=int, help="only this many runs, and what they leave behind")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as home:
        # The program is seen through a read-only path; /tmp itself may not be shown in a sandbox.
        shown = os.path.join("/opt", os.path.basename(home))
        os.mkdir(shown, 0o755)
        try:
            plan = plan_maker(options, shown).plan()
            outcome = {} if options.breakdown else run_all(options, plan, home)
            if not options.soak and options.only != ["warm"]:
                for idle_us, title in ((0, "One run, hot"), (60000, "One run after 60 ms idle")):
                    with open(os.path.join(home, "trace"), "w+", encoding="ascii") as log:
                        static = os.path.join(shown, "programs/true_static")
                        traced = run_plan(options, breakdown_plan(plan, idle_us, [static]), home, log)
                        log.seek(0)
                        print_breakdown(traced["breakdown"]["ends_us"], log.read(), title)
        finally:
            shutil.rmtree(shown)
    if options.breakdown:
        return
    print_memory(outcome["memory"], "At the start")
    for phase in outcome.get("phases") or []:
        if "latency_us" in phase:
            print_latency(phase)
        if "per_second" in phase:
            print_rate(phase)
    if "soak" in outcome:
        print_soak(outcome["soak"])
    if options.json:
        with open(options.json, "w", encoding="ascii") as file:
            json.dump(outcome, file)


if __name__ == "__main__":
    main()
