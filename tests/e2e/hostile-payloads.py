#!/usr/bin/env python3
"""Hostile payloads against a running bus, each a test: every row of tests/data/hostile/payloads.py gets an answer of its class, costs no more
processor time and memory of bus and host than it says, takes nothing by half, is repeated nowhere, and the next honest message is taken. Prints
TAP; names that begin with the arguments, if there are any, are run alone."""
import functools
import os
import socket
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(os.environ["HUTONG_SRCDIR"], folder) for folder in ("tests/lib", "tests/data/hostile")]
import payloads  # noqa: E402
import run_tests  # noqa: E402
from running_bus import SLOWER, RunningBus, cpu_seconds, files_below, forget_peak, peak_mib  # noqa: E402

SPOKEN = [payloads.WORD.encode(), payloads.WORD.upper().encode(), payloads.NUMBER.encode(), payloads.NAME.encode(), payloads.NAME.encode("gbk"),
          payloads.NAME.encode("utf-16-le"), b"wohnhaft", b"/etc/passwd", b"root:x:"]
SOURCE = "department = police\nadapter = xml\nmapping = {0}/mapping.xml\ndivision = 440104\nidle-cpu = 20s\n"
SOURCE += f"message-timeout = {30 * SLOWER}s\ncpu-per-megabyte = {2 * SLOWER}s\n"  # sanitizers slow reading down
KEYS = "header-timeout = 3s\nidle-timeout = 3s\nbody-grace = 3s\nlog-level = debug\nlog-rate = 0\n"
MAPPING = """<mapping xmlns="urn:hutong:mapping:1" source="test" authority="police" version="1">
<event type="person.registered.v1" for-each="/person"><id from="number"/><division from="place"/>
<element to="person.name" from="name" required="yes"/><reference to="photo" from="photo"/></event>
<event type="person.registered.v1" for-each="/json/person"><id from="number"/><division from="place"/>
<element to="person.name" from="name" required="yes"/></event></mapping>
"""


class Snoop:
    """Listens where payloads say that something is to be had; whoever comes is counted."""

    def __init__(self):
        self.door = socket.create_server(("127.0.0.1", 0))
        self.address = b"127.0.0.1:%d" % self.door.getsockname()[1]
        self.visits = 0
        threading.Thread(target=self.count, daemon=True).start()

    def count(self):
        while True:
            self.door.accept()[0].close()
            self.visits += 1


class World:
    def __init__(self, folder):
        self.snoop = Snoop()
        with open(os.path.join(folder, "mapping.xml"), "w", encoding="utf-8") as file:
            file.write(MAPPING)
        source = SOURCE.format(folder)
        self.bus = RunningBus(folder, f"[source xml]\n{source}[source neighbour]\n{source}", KEYS)
        self.bus.start()
        self.honest = 0
        self.serves()
        self.host = self.bus.source("xml")["host"]["pid"]
        self.rest = {pid: peak_mib(pid) for pid in (self.bus.process.pid, self.host)}

    def serves(self):
        """An honest message each, to the source and to its neighbour."""
        self.honest += 1
        for source in (b"xml", b"neighbour"):
            answer = self.bus.post(b"/in/" + source, b"<person><number>H%d</number><place>440104001003</place><name>x</name></person>" % self.honest)
            assert answer.status == 200, f"an honest message behind it: {answer.status} {answer.body!r}"

    def begin(self):
        self.before = self.bus.status()["spool"]["lastSequence"]
        self.cpu = cpu_seconds(self.host)
        self.peaks = {pid: forget_peak(pid) for pid in self.rest}

    def grown(self, pid):
        """By how much the process has been above what it was at begin()."""
        return peak_mib(pid) - self.peaks[pid]


def send(world, row):
    made = row["made"]()
    pieces = made if isinstance(made, tuple) else (made,)
    pieces = tuple(piece.replace(payloads.SNOOP, world.snoop.address) if isinstance(piece, bytes) else piece for piece in pieces)
    if row["type"] is not None:
        return world.bus.post(b"/in/xml", pieces[0], row["type"], row["headers"])
    return world.bus.send(*pieces, end=row["end"], admin=row["kind"] == "house")


def is_of_class(answer, wanted):
    """`200 N`: so many events; `400 CODE`; several statuses; "": none at all; or one `|` another."""
    words = wanted.split()
    if "|" in wanted:
        return any(is_of_class(answer, one) for one in wanted.split("|"))
    if len(words) < 2 or words[1].isdigit() and int(words[1]) >= 100:
        return [str(status) for status in answer.statuses] == words
    return answer.statuses[:1] == [int(words[0])] and (words[0] == "200" or answer.code == words[1])


def events_of(row):
    words = row["answer"].split()
    return int(words[1]) if words[:1] == ["200"] and len(words) == 2 and row["kind"] != "wsdl" else 0


def check(world, row):
    world.begin()
    begun = time.monotonic()
    answer = send(world, row)
    took, spent = time.monotonic() - begun, cpu_seconds(world.host) - world.cpu
    bus, host = world.grown(world.bus.process.pid), world.grown(world.host)
    figures = f"{row['kind']}/{row['name']}: {answer.statuses} {answer.code}, {took:.2f} s, host {spent:.2f} s, bus +{bus:.0f}, host +{host:.0f} MiB"
    if "-v" in sys.argv:
        print("# " + figures, flush=True)
    assert is_of_class(answer, row["answer"]), f"not {row['answer'] or 'closed'}: {answer.statuses} {answer.raw[:600]!r}"
    for text in SPOKEN:
        assert text not in answer.raw, f"the answer repeats {text!r}"
    assert len(answer.raw) < 100000 * max(1, len(answer.statuses)), f"an answer of {len(answer.raw)} bytes"
    assert spent <= row["cpu"] * SLOWER, figures
    if SLOWER == 1:
        assert bus <= row["bus"] and host <= row["host"], figures
    taken = world.bus.status()["spool"]["lastSequence"] - world.before
    assert taken == events_of(row), f"{taken} events instead of {events_of(row)}"
    world.serves()
    assert world.bus.source("xml")["host"]["pid"] == world.host, "the host was started again"
    assert world.snoop.visits == 0, "something was fetched"


def nothing_that_was_written_repeats_it(world):
    """Log, status, metrics, what tap shows, and every file of the bus, sealed as it is by default. Nor does memory pile up."""
    for pid, rest in world.rest.items():
        assert SLOWER > 1 or peak_mib(pid) - rest < 128, f"{peak_mib(pid)} MiB, {rest} at rest"
    for page in ("/status", "/metrics", "/recent"):
        text = world.bus.page(page)
        assert text, page
        for spoken in SPOKEN:
            assert spoken not in text, f"{page} repeats {spoken!r}"
    assert world.bus.stop() == 0
    for path, text in files_below(world.bus.folder):
        for spoken in SPOKEN:
            assert spoken not in text and spoken not in os.fsencode(path), f"{path} repeats {spoken!r}"


def main():
    chosen = [argument for argument in sys.argv[1:] if argument != "-v"]
    table = [row for row in payloads.ROWS if not chosen or any(f"{row['kind']}/{row['name']}".startswith(name) for name in chosen)]
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        tests = [(f"{row['kind']}/{row['name']}", functools.partial(check, world, row)) for row in table]
        failed = run_tests.run("hostile-payloads", tests + run_tests.named([nothing_that_was_written_repeats_it], world))
        if world.bus.process.poll() is None:
            world.bus.stop()
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
