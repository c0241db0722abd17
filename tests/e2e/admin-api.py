#!/usr/bin/env python3
"""The admin API as its description (OpenAPI 3.1) has it: the description is whole and valid, each path of a running bus is in it, each answer is
as it says, good and bad, and a question that is not as it says changes nothing. Prints TAP."""
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

import jsonschema

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["HUTONG_SRCDIR"], "tests/lib"))
import run_tests  # noqa: E402

HUTONG, SRCDIR = os.environ["HUTONG"], os.environ["HUTONG_SRCDIR"]
XML = os.path.join(SRCDIR, "adapters/hukou/fixtures/hukou-birth-gbk.xml")
CONFIG = """[bus]
name = described
listen = 127.0.0.1:0
adapter-check = off
[source hukou]
department = police
adapter = hukou
mapping = hukou.xml
keep-payload = all
[consumer platform]
type = file
directory = files
clearance = 1
[consumer former]
type = file
directory = former
[route all]
to = platform
[retention all]
types = *
keep = 1000d
archive = off
"""
NOTHING = "0197f6a0-0000-7000-8000-000000000000"
REFUSALS = {400, 403, 404, 409, 503}


class UnixConnection(http.client.HTTPConnection):
    """HTTP to the admin socket."""

    def __init__(self, path):
        super().__init__("hutong", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True, check=False)


class World:
    def __init__(self, folder):
        self.config = os.path.join(folder, "hutong.conf")
        self.write_config(CONFIG)
        self.log = open(os.path.join(folder, "bus.log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen([HUTONG, "run", "-c", self.config], stderr=self.log)
        self.socket = os.path.join(folder, "run/admin.sock")
        for _ in range(600):
            if run(HUTONG, "status", "-c", self.config).returncode == 0 and self.ask("GET", "/ready")[0] == 200:
                break
            assert self.process.poll() is None, open(self.log.name, encoding="utf-8").read()
            time.sleep(0.1)
        self.api = json.loads(self.ask("GET", "/openapi.json")[2])
        self.door = json.loads(self.ask("GET", "/status")[2])["door"]["port"]
        self.called = set()

    def write_config(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def ask(self, method, page, question=None):
        """(status, media type, body)"""
        connection = UnixConnection(self.socket)
        connection.request(method, page, None if question is None else question if isinstance(question, (str, bytes)) else json.dumps(question),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read().decode()

    def send(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.door, timeout=30)
        with open(XML, "rb") as file:
            connection.request("POST", "/in/hukou", file.read(), {"Content-Type": "text/xml"})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        return answer.getheader("Hutong-Message-Id")

    def end(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


def resolve(api, node):
    while "$ref" in node:
        path, node = node["$ref"].split("/")[1:], api
        for step in path:
            node = node[step]
    return node


def closed(schema):
    """The schema as the bus means it: what is not said to be open has no other members."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: closed(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        result.setdefault("additionalProperties", False)
    return result


def call(world, method, path, question=None, query=""):
    """Asks, and holds the answer against the description. (status, answer)"""
    status, media, body = world.ask(method, path + query, question)
    operation = world.api["paths"][path][method.lower()]
    assert str(status) in operation["responses"], f"{path} answers {status}, which is not described: {body}"
    content = resolve(world.api, operation["responses"][str(status)])["content"]
    assert media in content, f"{path} {status}: {media} is not {list(content)}"
    if media == "application/json":
        schema = resolve(world.api, content[media]["schema"])
        answer = json.loads(body)
        jsonschema.Draft202012Validator(closed(schema), format_checker=jsonschema.FormatChecker()).validate(answer)
    else:
        answer = body
    world.called.add((path, status))
    return status, answer


def verbs(api):
    return {path: item["post"] for path, item in api["paths"].items() if "post" in item}


def question_schema(operation):
    return operation["requestBody"]["content"]["application/json"]["schema"]


def the_description_is_valid(world):
    api = world.api
    assert api["openapi"] == "3.1.0" and re.fullmatch(r"\d+\.\d+\.\d+", api["info"]["version"]) and api["info"]["title"]
    seen = set()
    for path, item in api["paths"].items():
        assert path.startswith("/") and len(item) == 1, path
        for method, operation in item.items():
            assert operation["operationId"] not in seen and operation["summary"] and operation["x-role"], path
            seen.add(operation["operationId"])
            assert "200" in operation["responses"] and "403" in operation["responses"], path
            assert (method == "post") == ("requestBody" in operation), path
            for response in operation["responses"].values():
                response = resolve(api, response)
                assert response["description"]
                for content in response["content"].values():
                    jsonschema.Draft202012Validator.check_schema(resolve(api, content["schema"]))
            if method == "post":
                schema = question_schema(operation)
                jsonschema.Draft202012Validator.check_schema(schema)
                assert schema["additionalProperties"] is False and set(schema["required"]) <= set(schema["properties"]), path
                for name, member in schema["properties"].items():
                    bounded = member["type"] in ("boolean", ["boolean", "null"]) or "enum" in member or "maxLength" in member or "maximum" in member
                    assert bounded and member["description"], f"{path} {name} has no bound"


def it_is_what_the_command_prints(world):
    done = run(HUTONG, "schema", "admin")
    assert done.returncode == 0 and json.loads(done.stdout) == world.api, done.stdout
    assert run(HUTONG, "schema", "admin", "x").returncode == 64


def every_path_is_in_it_and_no_other(world):
    status, _, body = world.ask("GET", "/nothing")
    assert status == 404
    assert set(re.findall(r"/\S+", body)) == set(world.api["paths"]), body
    for path, item in world.api["paths"].items():
        status = world.ask("PUT", path)[0]
        assert status == 405, (path, status)
        other = "GET" if "post" in item else "POST"
        assert world.ask(other, path, "{}" if other == "POST" else None)[0] == 405, path


def pages_are_as_described(world):
    world.send()
    for path, item in world.api["paths"].items():
        if "get" in item:
            assert call(world, "GET", path)[0] == 200, path
    assert call(world, "GET", "/recent", query="?after=0")[1]["messages"]
    for wrong in ("-1", "x", "1.5", "99999999999999999999"):
        assert call(world, "GET", "/recent", query=f"?after={wrong}")[0] == 400, wrong


def verbs_answer_as_described(world):
    message = world.send()

    def good(path, **question):
        status, answer = call(world, "POST", path, question)
        assert status == 200, (path, question, answer)
        return answer

    def bad(path, expected, **question):
        status, answer = call(world, "POST", path, question)
        assert status == expected, (path, question, status, answer)

    for path in ("/consumer", "/route", "/source"):
        name = {"/consumer": "platform", "/route": "all", "/source": "hukou"}[path]
        assert good(path, verb="pause", **{path[1:]: name, "reason": "tried"})["state"] == "paused"
        call(world, "GET", "/status")
        call(world, "GET", "/ready")
        good(path, verb="resume", **{path[1:]: name})
        bad(path, 404, verb="pause", **{path[1:]: "nobody"})
        bad(path, 409, verb="resume", **{path[1:]: name})
    good("/maintenance", verb="on", notice="a new disk", retryAfterS=60)
    call(world, "GET", "/status")
    good("/maintenance", verb="off")
    bad("/maintenance", 409, verb="off")
    assert good("/payload", message=message)["payload"]
    bad("/payload", 404, message=NOTHING)
    bad("/payload", 400, message="x")
    good("/redo", message=message)
    bad("/drop", 404, message=NOTHING, reason="tried")
    good("/test", consumer="platform")
    bad("/test", 404, consumer="nobody")
    good("/event", consumer="platform", sequence=1)
    bad("/event", 404, consumer="platform", sequence=4000000)
    bad("/skip", 409, consumer="platform", sequence=1, reason="tried")
    bad("/dead", 409, verb="drop", consumer="platform", sequences="1-9", reason="tried")
    replay = good("/replay", verb="begin", consumer="platform", **{"from": 1})
    assert good("/replay", verb="list")["replays"]
    for _ in range(300):
        if good("/replay", verb="list")["replays"][0]["state"] != "running":
            break
        time.sleep(0.1)
    bad("/replay", 409, verb="cancel", id=replay["id"])
    bad("/replay", 404, verb="cancel", id=77)
    good("/prune", verb="look")
    good("/prune", verb="dry-run")
    bad("/shred", 404, period=7, reason="tried")
    good("/export", what="tried")
    good("/audit", verb="export")
    bad("/audit", 400, verb="search")
    subject = {"subject": "p-" + "a" * 26, "other": "p-" + "b" * 26}
    good("/subject", verb="join", dryRun=True, **subject)
    bad("/subject", 400, verb="join", **subject)
    bad("/subject", 409, verb="split", kind="registerNumber", source="hukou", value="nobody", dryRun=True)
    bad("/left", 409, verb="forget", consumer="former")
    world.write_config(CONFIG.replace("[consumer former]\ntype = file\ndirectory = former\n", ""))
    answer = good("/reload", file=world.config)
    assert answer["applied"], answer
    world.write_config(CONFIG + "[consumer wrong]\n")
    assert not good("/reload")["applied"]
    call(world, "GET", "/status")
    world.write_config(CONFIG)
    bad("/reload", 409, file="/another")
    assert {path for path in verbs(world.api)} == {path for path, status in world.called if path in verbs(world.api)}


def wrong_values(schema):
    """Values that a member must not have."""
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    values = [{}, [], [1], 0.5]
    values += [7, True] if "string" in types else ["7", True] if "integer" in types else ["true", 1]
    if "maxLength" in schema:
        values += ["x" * (schema["maxLength"] + 1)] if schema["maxLength"] < 1 << 19 else []
    if "enum" in schema:
        values += ["nothing", ""]
    if "maximum" in schema:
        values += [schema["minimum"] - 1] + ([schema["maximum"] + 1] if schema["maximum"] < 1 << 62 else [])
    return values + ([None] if "null" not in types else [])


def example(schema):
    return schema["enum"][0] if "enum" in schema else "x" if schema["type"] == "string" else schema.get("minimum", True)


def what_is_not_as_described_is_refused(world):
    """Each is an answer, not the end of the bus, and none is done."""
    before = json.loads(world.ask("GET", "/status")[2])
    for path, operation in verbs(world.api).items():
        schema = question_schema(operation)
        whole = {name: example(schema["properties"][name]) for name in schema["required"]}
        for name, member in schema["properties"].items():
            for value in wrong_values(member):
                status, answer = call(world, "POST", path, {**whole, name: value})
                assert status == 400 and name in answer["error"], (path, name, str(value)[:40], status, answer)
        for name in schema["required"]:
            status, answer = call(world, "POST", path, {**whole, name: None})
            assert status == 400 and name in answer["error"], (path, name, answer)
            without = dict(whole)
            del without[name]
            assert call(world, "POST", path, without)[0] == 400, (path, name)
        assert call(world, "POST", path, {**whole, "dryrun": True})[0] == 400, path
        status, answer = call(world, "POST", path, {**whole, "99 a number": True})
        assert status == 400 and "99" not in answer["error"], (path, answer)
        for question in ("", "x", "[]", "7", "{", "[" * 5000):
            assert call(world, "POST", path, question)[0] == 400, (path, question[:10])
    assert call(world, "POST", "/audit", '{"verb":"' + "x" * (1 << 20) + '"}')[0] == 413
    after = json.loads(world.ask("GET", "/status")[2])
    for state in (before, after):
        state["sources"] = [source["intake"] for source in state["sources"]]
    assert after["sources"] == before["sources"] and after["routes"] == before["routes"] and "maintenance" not in after


TESTS = [the_description_is_valid, it_is_what_the_command_prints, every_path_is_in_it_and_no_other, pages_are_as_described,
         verbs_answer_as_described, what_is_not_as_described_is_refused]


def main():
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        failed = run_tests.run("admin-api", run_tests.named(TESTS, world))
        world.end()
    return failed


if __name__ == "__main__":
    sys.exit(main())
