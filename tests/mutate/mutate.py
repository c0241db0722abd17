#!/usr/bin/python3
"""mutate.py [--sample N --seed TEXT] [MODULE...]: puts small faults into the critical modules and tells which the tests notice.

Run by `make mutate` and `make mutate-sample` in the build directory. It links with what is built there, but writes below mutate/
only. Debian's Python, because python3-clang is installed for that.
The environment has what make knows: MUTATE_COMPILE, MUTATE_ARCHIVES, and what tests need. See README.md.
"""

import argparse
import configparser
import glob
import hashlib
import os
import queue
import random
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter, namedtuple

from faults import apply_fault, changed_lines, find_faults, name_of

SOURCE = os.environ["HUTONG_SRCDIR"]
HERE = os.path.dirname(os.path.abspath(__file__))
LINK_FASTER = " -Wl,-S"
Case = namedtuple("Case", "module path archive source fault name")
# noticed: by a test, or by its time limit; survived; none: does not compile, or compiles to the same code.
Result = namedtuple("Result", "verdict test case")


class Module:
    def __init__(self, name, section, taken):
        paths = [p for pattern in section["files"].split() for p in sorted(glob.glob(pattern, root_dir=SOURCE))]
        absent = section.get("except", "").split()
        self.name = name
        self.files = [p for p in dict.fromkeys(paths) if p not in taken and p not in absent]
        self.tests = section["tests"].split()
        self.programs = section.get("programs", "").split()
        self.goal = int(section["goal"])


def read_modules():
    config = configparser.ConfigParser()
    config.read(os.path.join(HERE, "modules.ini"))
    modules, taken = [], set()
    for name in config.sections():
        modules.append(Module(name, config[name], taken))
        taken.update(modules[-1].files)
    return modules


def read_archives():
    """The archive of each source file: MUTATE_ARCHIVES is "NAME file.c … ; NAME …"."""
    archives = {}
    for words in (part.split() for part in os.environ["MUTATE_ARCHIVES"].split(";")):
        archives.update((path, f"lib/{words[0]}.a") for path in words[1:])
    return archives


def read_equivalent():
    """equivalent.txt: blocks of a file, "- text before", "+ text after", then the reason; a blank line between them."""
    known = set()
    with open(os.path.join(HERE, "equivalent.txt"), encoding="utf-8") as file:
        for block in file.read().split("\n\n"):
            lines = [line for line in block.splitlines() if not line.startswith("#")]
            if not lines:
                continue
            if len(lines) < 4 or lines[1][:2] != "- " or lines[2][:2] != "+ ":
                sys.exit(f"equivalent.txt: not a file, a line before, a line after and a reason: {lines}")
            known.add((lines[0], lines[1][2:], lines[2][2:]))
    return known


class Build:
    """The sound build: how its tests and programs are linked, and how long each test takes."""

    def __init__(self, modules):
        self.compile = os.environ["MUTATE_COMPILE"].split()
        self.paths = {t: self.path_of(t) for m in modules for t in m.tests}
        self.programs = sorted({p for m in modules for p in m.programs})
        self.links = self.ask_links([p for p in self.paths.values() if not p.startswith("/")] + self.programs)
        self.texts = {t: self.read(t) for t in self.paths}
        self.seconds = {}

    @staticmethod
    def path_of(test):
        """A script is run where it is, against the programs."""
        return os.path.join(SOURCE, "tests/e2e", test) if test.endswith(".py") else f"tests/unit/{test}"

    @staticmethod
    def ask_links(targets):
        main = {"hutong": "core/cli/main", "hutong-host": "plugins/host/main"}
        changed = [f"-Wobj/{main.get(t, t)}.o" for t in targets]
        out = subprocess.run(["make", "-n", "V=1", *changed, *targets], check=True, capture_output=True, text=True,
                             env={**os.environ, "MAKEFLAGS": ""}).stdout.replace("\\\n", " ")
        links = {}
        for line in out.splitlines():
            found = re.search(r" -o (\S+) ", line)
            if found and found.group(1) in targets:
                links[found.group(1)] = line
        missing = [t for t in targets if t not in links]
        if missing:
            sys.exit(f"mutate: make does not say how to link {missing[0]}")
        return links

    def read(self, test):
        path = self.paths[test]
        with open(path if path.startswith("/") else os.path.join(SOURCE, path + ".c"), encoding="utf-8") as file:
            return file.read()

    def link_soundly(self, path):
        """The test as it is linked with a fault, and where it is then."""
        if path.startswith("/"):
            return path
        line = self.links[path].replace(f"-o {path} ", f"-o mutate/sound/{path} ") + LINK_FASTER
        subprocess.run(["sh", "-c", line], check=True)
        return f"mutate/sound/{path}"

    def tests_for(self, case, tests):
        header = f'"{case.path[:-2]}.h"'
        return sorted(tests, key=lambda test: header not in self.texts[test])

    def measure(self, tests, jobs, within):
        """Runs the tests without a fault, linked as they are with one: what fails then would notice everything."""
        os.makedirs("mutate/sound/tests/unit", exist_ok=True)
        in_parallel(tests, jobs, lambda test, _: self.measure_one(test, within))

    def measure_one(self, test, within):
        path = self.link_soundly(self.paths[test])
        begin = time.monotonic()
        good = run_test(path, "mutate", within)
        seconds = time.monotonic() - begin
        if good:
            self.seconds[test] = seconds
        elif seconds < within:
            print(f"mutate: {test} fails without a fault and is left out; its output is in {os.getcwd()}/mutate/logs")


def in_parallel(items, jobs, work):
    """work(item, job) for each, with at most `jobs` at once."""
    waiting = queue.SimpleQueue()
    for item in items:
        waiting.put(item)

    def run(number):
        while True:
            try:
                item = waiting.get_nowait()
            except queue.Empty:
                return
            work(item, number)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def run_test(program, folder, limit, programs=()):
    logs = os.path.abspath(os.path.join(folder, "logs"))
    os.makedirs(logs, exist_ok=True)
    env = {**os.environ, "HUTONG_TEST_LOGDIR": logs, "TEST_TIMEOUT": str(limit)}
    if "hutong" in programs:
        env["HUTONG"] = os.path.abspath(os.path.join(folder, "hutong"))
    if "hutong-host" in programs:
        env["HUTONG_LIBEXECDIR"] = os.path.abspath(folder)
    return subprocess.run([os.path.join(SOURCE, "tests/lib/run-test.sh"), os.path.abspath(program)], env=env,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


class Worker:
    """Compiles one fault at a time in a directory of its own, links and runs the tests."""

    def __init__(self, build, number):
        self.build = build
        self.folder = f"mutate/worker-{number}"
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(os.path.join(self.folder, "tests/unit"))

    def compile(self, case, text, name):
        """False if it does not compile. The line directive keeps __FILE__ and __LINE__ as they were; the object has the file's
        name in it, which is therefore always the same."""
        path = os.path.join(self.folder, "tried.c")
        with open(path, "wb") as file:
            file.write(f'#line 1 "{SOURCE}/{case.path}"\n'.encode() + text)
        return subprocess.run([*self.build.compile, "-c", "-o", os.path.join(self.folder, name + ".o"), path],
                              capture_output=True, check=False).returncode == 0

    def same_code(self, case):
        self.compile(case, case.source, "sound")
        with open(os.path.join(self.folder, "sound.o"), "rb") as sound, open(os.path.join(self.folder, "fault.o"), "rb") as fault:
            return sound.read() == fault.read()

    def link(self, target, archive):
        """The archive of the worker in place of the sound one; True if the target has it at all and could be linked."""
        line = self.build.links[target]
        if f" {archive} " not in line + " ":
            return False
        own = os.path.join(self.folder, os.path.basename(archive))
        line = line.replace(f"-o {target} ", f"-o {self.folder}/{target} ")
        line = re.sub(rf"(?<=[ ,]){re.escape(archive)}(?= )", own, line + " ") + LINK_FASTER
        return subprocess.run(["sh", "-c", line], capture_output=True, check=False).returncode == 0

    def try_fault(self, case, module):
        if not self.compile(case, apply_fault(case.source, case.fault), "fault"):
            return Result("none", "-", case)
        own = os.path.join(self.folder, os.path.basename(case.archive))
        shutil.copy(case.archive, own)
        member = os.path.join(self.folder, os.path.basename(case.path)[:-2] + ".o")
        shutil.copy(os.path.join(self.folder, "fault.o"), member)
        subprocess.run(["ar", "rD", own, member], check=True, capture_output=True)
        linked = [p for p in module.programs if self.link(p, case.archive)]
        for test in self.build.tests_for(case, module.tests):
            program = self.build.paths[test]
            if program in self.build.links and self.link(program, case.archive):
                program = os.path.join(self.folder, program)
            elif not linked:
                continue
            if not run_test(program, self.folder, 5 + 4 * self.build.seconds[test], linked):
                return Result("noticed", test, case)
        return Result("none" if self.same_code(case) else "survived", "-", case)


class Results:
    """What is known from earlier runs. A survivor counts only as long as the tests are the same."""

    def __init__(self, paths):
        state = hashlib.sha256()
        for path in sorted(glob.glob(f"{SOURCE}/tests/lib/*.[ch]") +
                           [p if p.startswith("/") else f"{SOURCE}/{p}.c" for p in paths]):
            with open(path, "rb") as file:
                state.update(file.read())
        self.state = state.hexdigest()[:16]
        self.known = {}
        self.lock = threading.Lock()
        if os.path.exists("mutate/results.tsv"):
            with open("mutate/results.tsv", encoding="utf-8") as file:
                for line in file:
                    name, verdict, test, tests_state = line.rstrip("\n").split("\t")
                    if verdict != "survived" or tests_state == self.state:
                        self.known[name] = (verdict, test)

    def add(self, result):
        with self.lock, open("mutate/results.tsv", "a", encoding="utf-8") as file:
            file.write(f"{result.case.name}\t{result.verdict}\t{result.test}\t{self.state}\n")


class Faults:
    """The cases of files, found when they are asked for: to read all files takes a minute."""

    def __init__(self, build):
        self.archives = read_archives()
        self.arguments = [a for a in build.compile[1:] if a[:2] in ("-I", "-D", "-s")] + [f"-I{os.getcwd()}"]
        self.found = {}

    def of_file(self, module, path):
        if path not in self.found:
            source, faults = find_faults(os.path.join(SOURCE, path), self.arguments)
            self.found[path] = [Case(module.name, path, self.archives[path], source, f, name_of(path, source, f))
                                for f in faults]
        return self.found[path]

    def of_module(self, module):
        return [case for path in module.files for case in self.of_file(module, path)]


def choose(modules, faults, count, seed):
    """A sample: each line of each file has the same chance. The seed makes it the same again."""
    chance = random.Random(seed)
    files = [(m, p) for m in modules for p in m.files]
    weights = [os.path.getsize(os.path.join(SOURCE, p)) for _, p in files]
    chosen = {}
    for module, path in chance.choices(files, weights, k=20 * count):
        cases = faults.of_file(module, path)
        if cases:
            case = chance.choice(cases)
            chosen.setdefault(case.name, case)
        if len(chosen) == count:
            break
    return list(chosen.values())


def run_all(cases, modules, build, known, jobs, progress):
    by_name = {m.name: m for m in modules}
    results = [Result(*known.known[c.name], c) for c in cases if c.name in known.known]
    workers = [Worker(build, n) for n in range(jobs)]

    def work(case, number):
        result = workers[number].try_fault(case, by_name[case.module])
        known.add(result)
        results.append(result)
        if progress:
            change = "".join(f"\n  {line}" for line in changed_lines(case.source, case.fault))
            print(f"{len(results)}/{len(cases)} {result.verdict} {case.path}:{case.fault.line}"
                  f"{change if result.verdict == 'survived' else ''}", file=sys.stderr)

    in_parallel([c for c in cases if c.name not in known.known], jobs, work)
    return results


def report(results, modules, equivalent):
    """Prints survivors, then a line a module. True if each module reaches its goal."""
    counts = {m.name: Counter() for m in modules}
    for result in sorted(results, key=lambda r: (r.case.path, r.case.fault.start, r.case.name)):
        case = result.case
        before, after = changed_lines(case.source, case.fault)
        verdict = result.verdict
        if verdict == "survived" and (case.path, before, after) in equivalent:
            verdict = "equivalent"
        counts[case.module][verdict] += 1
        if verdict == "survived":
            print(f"{case.path}:{case.fault.line}: {case.fault.kind}\n- {before}\n+ {after}\n")
    reached = True
    for module in modules:
        count = counts[module.name]
        tried = count["noticed"] + count["survived"]
        if tried:
            share = 100 * count["noticed"] / tried
            reached = reached and share >= module.goal
            print(f"{module.name}: {count['noticed']} of {tried} faults noticed, {share:.0f} % (goal {module.goal} %); "
                  f"{count['equivalent']} equivalent, {count['none']} no change")
    total = sum(counts.values(), Counter())
    tried = total["noticed"] + total["survived"]
    print(f"mutate: {total['noticed']} of {tried} faults noticed, {100 * total['noticed'] / max(tried, 1):.0f} %")
    return reached


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, metavar="N", help="so many faults, chosen by the seed, not all")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--within", type=float, metavar="SECONDS", default=300,
                        help="without the tests that take longer: for a first look")
    parser.add_argument("--progress", action="store_true")
    parser.add_argument("--check", action="store_true", help="exit 1 if a module does not reach its goal")
    parser.add_argument("--file", action="append", help="only faults of this file")
    parser.add_argument("module", nargs="*")
    options = parser.parse_args()

    modules = read_modules()
    unknown = set(options.module) - {m.name for m in modules}
    if unknown:
        sys.exit(f"mutate: no module {unknown.pop()}; there are {' '.join(m.name for m in modules)}")
    modules = [m for m in modules if not options.module or m.name in options.module]
    for module in modules:
        module.files = [p for p in module.files if not options.file or p in options.file]
    build = Build(modules)
    faults = Faults(build)
    if options.sample:
        cases = choose(modules, faults, options.sample, options.seed)
    else:
        cases = [case for module in modules for case in faults.of_module(module)]
    used = {c.module for c in cases}
    modules = [m for m in modules if m.name in used]
    tests = list(dict.fromkeys(t for m in modules for t in m.tests))
    print(f"mutate: {len(cases)} faults, seed {options.seed}", flush=True)
    build.measure(tests, options.jobs, options.within)
    for module in modules:
        module.tests = [t for t in module.tests if t in build.seconds]
    results = run_all(cases, modules, build, Results([build.paths[t] for t in tests]), options.jobs, options.progress)
    reached = report(results, modules, read_equivalent())
    sys.exit(0 if reached or not options.check else 1)


if __name__ == "__main__":
    main()
