#!/usr/bin/env python3
"""The address for monitoring: what is there, for whom, within which bounds; and that every metric is in the page, the alerts and the
dashboard by its name. promtool is asked where it is installed (Debian: prometheus). Prints TAP."""
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["HUTONG_SRCDIR"], "tests/lib"))
import run_tests  # noqa: E402

HUTONG, SRCDIR = os.environ["HUTONG"], os.environ["HUTONG_SRCDIR"]
XML = os.path.join(SRCDIR, "adapters/hukou/fixtures/hukou-birth-gbk.xml")
SECTIONS = """[source hukou]
department = police
adapter = hukou
mapping = hukou.xml
[consumer platform]
type = webhook
url = http://127.0.0.1:9/events
[route all]
to = platform
"""


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True, **more)


def read(path):
    with open(os.path.join(SRCDIR, path), encoding="utf-8") as file:
        return file.read()


def write_config(folder, keys):
    path = os.path.join(folder, "hutong.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"[bus]\nname = watched\nlisten = 127.0.0.1:0\nadapter-check = off\n{keys}{SECTIONS}")
    return path


class World:
    def __init__(self, folder):
        self.folder = folder
        self.config = write_config(folder, "metrics = 127.0.0.1:0;[::1]:0\nmetrics-connections = 3\n"
                                   "metrics-timeout = 500ms\n")
        self.log = open(os.path.join(folder, "bus.log"), "w", encoding="utf-8")
        self.process = subprocess.Popen([HUTONG, "run", "-c", self.config], stderr=self.log)
        for _ in range(300):
            done = run(HUTONG, "status", "--json", "-c", self.config)
            if done.returncode == 0 and json.loads(done.stdout)["state"] == "ready":
                self.status = json.loads(done.stdout)
                break
            assert self.process.poll() is None, read(self.log.name)
            time.sleep(0.1)
        self.ports = self.status["monitoring"]["ports"]
        self.door = self.status["door"]["port"]

    def ask(self, page, method="GET", port=None, host="127.0.0.1"):
        connection = http.client.HTTPConnection(host, port or self.ports[0], timeout=20)
        connection.request(method, page)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def end(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


def send_one(world):
    connection = http.client.HTTPConnection("127.0.0.1", world.door, timeout=20)
    with open(XML, "rb") as file:
        connection.request("POST", "/in/hukou", file.read(), {"Content-Type": "text/xml"})
    assert connection.getresponse().status == 200


def metrics_and_health_are_there(world):
    assert world.ask("/live") == (200, "live\n")
    assert world.ask("/ready")[0] == 200
    assert world.ask("/metrics")[0] == 200
    assert world.ask("/metrics", port=world.ports[1], host="::1")[0] == 200
    assert world.ask("/metrics", "HEAD") == (200, "")


def nothing_else_is(world):
    for page in ("/status", "/", "/consumer", "/metrics/", "//metrics", "/../status"):
        assert world.ask(page)[0] in (400, 404), page
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert world.ask("/metrics", method)[0] == 405, method
    assert world.ask("/consumer", "POST")[0] == 405


def names_and_units_are_conventional(world):
    send_one(world)
    page = world.ask("/metrics")[1]
    assert 'hutong_build_info{version="' in page
    assert re.search(r'^hutong_source_accepted_total\{source="hukou"\} 1$', page, re.M)
    last = float(re.search(r'^hutong_source_last_message_timestamp_seconds\{source="hukou"\} (\S+)$', page, re.M)[1])
    assert abs(time.time() - last) < 60
    time.sleep(0.02)
    waits = re.search(r'^hutong_consumer_oldest_waiting_seconds\{consumer="platform"\} (\S+)$', world.ask("/metrics")[1], re.M)
    assert 0 < float(waits[1]) < 60, waits
    assert not re.search(r"\d{15}", re.sub(r"(?m)^# .*$", "", page)), "a long number"


def every_metric_is_documented_and_every_name_used_is_one(world):
    have = set(re.findall(r"^# TYPE (\S+) ", world.ask("/metrics")[1], re.M))
    documented = set(re.findall(r"^\| `(\w+)`", read("docs/metrics.md"), re.M))
    tls_only = {"hutong_door_certificate_expiry_timestamp_seconds"}
    assert documented - have == tls_only, documented ^ have
    assert have <= documented, have - documented
    for path in ("docs/monitoring/hutong-alerts.yml", "docs/monitoring/hutong-dashboard.json", "docs/admin.md"):
        for name in re.findall(r"\bhutong_[a-z_]+", read(path)):
            assert re.sub("_(sum|count)$", "", name) in documented, f"{path}: {name}"
    json.loads(read("docs/monitoring/hutong-dashboard.json"))


def promtool_finds_nothing(world):
    if not shutil.which("promtool"):
        return "promtool is not installed (apt-get install prometheus)"
    done = run("promtool", "check", "metrics", input=world.ask("/metrics")[1])
    assert done.returncode == 0 and not done.stdout, done.stdout
    done = run("promtool", "check", "rules", os.path.join(SRCDIR, "docs/monitoring/hutong-alerts.yml"))
    assert done.returncode == 0, done.stdout
    return None


def the_silent_are_cut_off_and_others_served(world):
    begun = time.monotonic()
    silent = [socket.create_connection(("127.0.0.1", world.ports[0])) for _ in range(8)]
    for number, one in enumerate(silent):
        one.settimeout(20)
        if number % 2:
            one.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    assert world.ask("/live") == (200, "live\n")
    for one in silent:
        assert one.recv(10) == b"", "it is cut off, without an answer"
        one.close()
    assert time.monotonic() - begun < 15
    assert world.ask("/live") == (200, "live\n")


def tap_shows_what_became_of_messages(world):
    send_one(world)
    connection = http.client.HTTPConnection("127.0.0.1", world.door, timeout=20)
    connection.request("POST", "/in/hukou", b"<broken", {"Content-Type": "text/xml"})
    refused = connection.getresponse().getheader("Hutong-Message-Id")
    tap = [HUTONG, "tap", "-c", world.config, "--all"]
    taken = run(*tap, "--outcome", "taken", "--json", "--count", "1")
    line = json.loads(taken.stdout)
    assert taken.returncode == 0 and line["source"] == "hukou" and line["status"] == 200 and line["events"] == 1, taken.stdout
    lines = run(*tap, "--refused", "--source", "hukou", "--count", "1").stdout.splitlines()
    assert len(lines) == 1 and refused in lines[0] and " hukou " in lines[0], lines
    known = run(*tap, "--outcome", "resent", "--count", "1").stdout
    assert " resent " in known, known
    assert world.ask("/recent")[0] == 404, "not for everybody"


def what_others_could_reach_must_be_meant(world):
    cases = [("metrics = 0.0.0.0:9464\n", "can be reached from other machines"),
             ("metrics = [::]:9464\n", "can be reached from other machines"),
             ("metrics = 192.0.2.7:9464\n", "can be reached from other machines"),
             ("metrics = bus.example:9464\n", "can be reached from other machines"),
             ("metrics = 127.0.0.1:9464;0.0.0.0:9465\n", "'0.0.0.0:9465' can be reached"),
             ("metrics = tls:127.0.0.1:9464\n", "is no plain address"),
             ("metrics = unix:/tmp/x\n", "is no plain address"),
             ("metrics = 9464\n", "is not an address"),
             ("metrics = 0.0.0.0:0\nmetrics-cleartext = anywhere\n", None),
             ("metrics = localhost:0;[::1]:0;127.1.2.3:0\n", None)]
    for keys, error in cases:
        with tempfile.TemporaryDirectory() as folder:
            done = run(HUTONG, "check", "-c", write_config(folder, keys))
            assert (done.returncode == 0) == (error is None), (keys, done.stdout)
            assert not error or re.search(r"hutong\.conf:\d+: error: \[bus\] metrics: .*" + re.escape(error),
                                          done.stdout), (keys, done.stdout)


def a_taken_port_is_told(world):
    with tempfile.TemporaryDirectory() as folder:
        done = run(HUTONG, "run", "-c", write_config(folder, f"metrics = 127.0.0.1:{world.ports[0]}\n"))
        assert done.returncode == 1 and f"127.0.0.1:{world.ports[0]}" in done.stdout, done.stdout


TESTS = [metrics_and_health_are_there, nothing_else_is, names_and_units_are_conventional,
         every_metric_is_documented_and_every_name_used_is_one, promtool_finds_nothing,
         the_silent_are_cut_off_and_others_served, tap_shows_what_became_of_messages, what_others_could_reach_must_be_meant, a_taken_port_is_told]


def main():
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        failed = run_tests.run("monitoring", run_tests.named(TESTS, world))
        world.end()
    return failed


if __name__ == "__main__":
    sys.exit(main())
