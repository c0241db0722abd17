#!/usr/bin/env python3
"""Alarms of a running bus: once when something begins, once when it is over; in the log, the status, /ready, the metrics, and as events to the
consumer whose route names them. Prints TAP."""
import http.client
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["HUTONG_SRCDIR"], "tests/lib"))
import run_tests  # noqa: E402

HUTONG, SRCDIR = os.environ["HUTONG"], os.environ["HUTONG_SRCDIR"]
XML = os.path.join(SRCDIR, "adapters/hukou/fixtures/hukou-birth-gbk.xml")


class Platform(http.server.BaseHTTPRequestHandler):
    status = 503
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(Platform.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Platform)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class World:
    def __init__(self, folder):
        self.folder = folder
        self.server = serve()
        self.config = os.path.join(folder, "hutong.conf")
        self.log = os.path.join(folder, "bus.log")
        self.port = None
        self.calendar = os.path.join(folder, "days.txt")
        self.put_calendar("2026-10-01 off\n")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"""[bus]
name = watched
calendar = days.txt
listen = 127.0.0.1:0
metrics = 127.0.0.1:0
adapter-check = off
alarm-calm = 0
[source hukou]
department = police
adapter = hukou
mapping = hukou.xml
alarm-silence = 3s
alarm-days = all
[consumer platform]
type = webhook
url = http://127.0.0.1:{self.server.server_port}/events
alarm-oldest = 1s
probe = 200ms
retry-first = 50ms
retry-max = 200ms
[consumer watch]
type = pull
alarm-oldest = 0
[consumer everything]
type = pull
alarm-oldest = 0
[route platform]
types = person.*
to = platform
[route watch]
types = bus.alarm
to = watch
[route everything]
to = everything
""")
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([HUTONG, "run", "-c", self.config], stderr=log)
        self.wait(lambda: self.status().get("state") == "ready", "ready")
        self.port = self.status()["door"]["port"]

    def put_calendar(self, text):
        """As who copies a file with its times does: all of them are of the same second."""
        with open(self.calendar + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.utime(self.calendar + ".new", (1000000000, 1000000000))
        os.rename(self.calendar + ".new", self.calendar)

    def status(self):
        done = subprocess.run([HUTONG, "status", "--json", "-c", self.config], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=60)
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def said(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def wait(self, claim, what):
        for _ in range(150):
            if claim():
                return
            assert self.process.poll() is None, self.said()
            time.sleep(0.1)
        raise AssertionError(f"{what}: {json.dumps(self.status().get('alarms'))}\n{self.said()[-2000:]}")

    def alarms(self):
        return {(a["about"], a["kind"]) for a in self.status().get("alarms", [])}

    def ask(self, method, path, body=None, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        connection.request(method, path, body, {"Content-Type": "text/xml"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def send(self):
        with open(XML, "rb") as file:
            return self.ask("POST", "/in/hukou", file.read())[0]

    def end(self):
        self.process.terminate()
        self.process.wait(30)
        self.server.shutdown()


def silence_is_told_and_ends_with_a_message(world):
    world.wait(lambda: ("source hukou", "silence") in world.alarms(), "silence")
    assert re.search(r"warning alarm: begins: source hukou, silence: it has sent nothing for \d+ s", world.said())
    assert world.send() == 200
    world.wait(lambda: ("source hukou", "silence") not in world.alarms(), "silence ends")
    assert "info alarm: ends: source hukou, silence, after " in world.said()


def an_event_that_waits_is_told_once(world):
    world.wait(lambda: ("consumer platform", "oldest") in world.alarms(), "oldest")
    time.sleep(5)
    assert world.said().count("begins: consumer platform, oldest") == 1, world.said()
    metrics = world.ask("GET", "/metrics", port=world.status()["monitoring"]["ports"][0])[1].decode()
    assert 'hutong_alarms{kind="oldest"} 1\n' in metrics and 'hutong_alarms{kind="disk"} 0\n' in metrics
    ready = world.ask("GET", "/ready", port=world.status()["monitoring"]["ports"][0])
    assert ready[0] == 200 and b"consumer platform: its oldest event has waited for" in ready[1], ready
    text = subprocess.run([HUTONG, "status", "-c", world.config], stdout=subprocess.PIPE, text=True, timeout=60).stdout
    assert "! consumer platform: its oldest event has waited" in text, text
    Platform.status = 204
    world.wait(lambda: ("consumer platform", "oldest") not in world.alarms(), "oldest ends")
    assert world.said().count("ends: consumer platform, oldest") == 1


def refusals_are_told_by_their_share(world):
    assert not any(kind == "refused" for _, kind in world.alarms())
    for _ in range(12):
        assert world.ask("POST", "/in/hukou", b"<broken")[0] >= 400
    world.wait(lambda: ("source hukou", "refused") in world.alarms(), "refused")
    for _ in range(30):
        assert world.send() == 200
    world.wait(lambda: ("source hukou", "refused") not in world.alarms(), "refused ends")


def they_come_as_events_to_who_names_them(world):
    world.wait(lambda: world.said().count("alarm: ") >= 6, "all are told")
    time.sleep(1)
    events = json.loads(world.ask("GET", "/out/watch?wait=1")[1] or b"[]")
    assert isinstance(events, list), events
    seen = [(e["data"]["alarm"]["about"], e["data"]["alarm"]["kind"], e["data"]["alarm"]["state"]) for e in events]
    assert all(e["type"] == "bus.alarm.v1" for e in events), events
    for about, kind in (("source hukou", "silence"), ("consumer platform", "oldest"), ("source hukou", "refused")):
        begun, ended = (about, kind, "begun"), (about, kind, "ended")
        assert begun in seen and ended in seen, (seen, begun, ended)
        assert seen.index(begun) < seen.index(ended)
    others = world.ask("GET", "/out/everything?wait=1")[1]
    assert b"person.born" in others and b"bus.alarm" not in others


def a_source_that_a_reload_brings_is_not_silent_yet(world):
    with open(world.config, encoding="utf-8") as file:
        former = file.read()
    with open(world.config, "w", encoding="utf-8") as file:
        file.write(former + "[source late]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\n"
                   "alarm-silence = 10s\nalarm-days = all\n")
    done = subprocess.run([HUTONG, "reload", "-c", world.config], stdout=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 0 and "[source late] is new" in done.stdout, done
    time.sleep(4)
    assert ("source late", "silence") not in world.alarms(), world.said()
    world.wait(lambda: ("source late", "silence") in world.alarms(), "the new one's silence")


def another_calendar_of_the_same_time_is_read(world):
    assert "the calendar was read anew" not in world.said()
    world.put_calendar("2026-10-01 off\n2026-10-02 off\n")
    world.wait(lambda: "the calendar was read anew" in world.said(), "the calendar")


def a_wrong_calendar_is_told_at_its_line(world):
    calendar = os.path.join(world.folder, "calendar.txt")
    with open(calendar, "w", encoding="utf-8") as file:
        file.write("2026-10-01 off\n2026-13-01 off\n")
    config = os.path.join(world.folder, "other.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write("[bus]\nname = x\ncalendar = calendar.txt\nstate = other\nadmin = other.sock\n")
    done = subprocess.run([HUTONG, "check", "-c", config], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 78 and "calendar.txt:2: error: " in done.stdout, done


TESTS = [silence_is_told_and_ends_with_a_message, an_event_that_waits_is_told_once, refusals_are_told_by_their_share,
         they_come_as_events_to_who_names_them, a_source_that_a_reload_brings_is_not_silent_yet,
         another_calendar_of_the_same_time_is_read, a_wrong_calendar_is_told_at_its_line]


def main():
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        failed = run_tests.run("alarms", run_tests.named(TESTS, world))
        world.end()
    return failed


if __name__ == "__main__":
    sys.exit(main())
