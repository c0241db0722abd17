#!/usr/bin/env python3
"""The documents about events: what `hutong schema` writes and what the public door shows of it, to whom. Prints TAP."""
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import jsonschema

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["HUTONG_SRCDIR"], "tests/lib"))
import run_tests  # noqa: E402

HUTONG = os.environ["HUTONG"]
TOKEN = "0123456789abcdef"
URL = "https://bus.example/hutong"
CONFIG = f"""[bus]
name = yuexiu
listen = 127.0.0.1:0
adapter-check = off
public-url = {URL}
[source hukou]
department = police
adapter = hukou
mapping = hukou.xml
[consumer batched]
type = webhook
url = http://127.0.0.1:9/events?key=x
clearance = 1
purpose = 社区人口服务
purpose-until = 2099-12-31
mask = person.name:name;person.sex:hide
deny = person.phone
allow = person.idNumber
token-file = token
[consumer single]
type = webhook
url = https://platform.example
mode = structured
[consumer headers]
type = webhook
url = http://127.0.0.1:9/?x
mode = binary
secret-file = secret
[consumer fetching]
type = pull
token-file = token
[consumer reading]
type = file
directory = files
[route persons]
from = hukou
types = person.*
divisions = 440104*
to = batched
[route deaths]
types = person.died;justice.correction-started.v1
to = batched;single;headers;fetching;reading
"""


class Bus:
    """A running bus with that configuration."""

    def __init__(self):
        self.folder = tempfile.mkdtemp()
        self.config = os.path.join(self.folder, "hutong.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG)
        with open(os.path.join(self.folder, "token"), "w", encoding="utf-8") as file:
            file.write(TOKEN + "\n")
        os.chmod(file.name, 0o600)
        with open(os.path.join(self.folder, "secret"), "w", encoding="utf-8") as file:
            file.write("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\n")
        os.chmod(file.name, 0o600)

    def __enter__(self):
        self.process = subprocess.Popen([HUTONG, "run", "-c", self.config], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            found = re.search(r"public door on port (\d+)", line)
            if found:
                self.port = int(found.group(1))
                return self
        raise RuntimeError("the bus did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.stderr.read()
        self.process.wait()

    def get(self, path, method="GET", data=None, **headers):
        """(status, headers, body)"""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method, data=data)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def schema(self, *arguments):
        """What `hutong schema` writes, parsed."""
        done = subprocess.run([HUTONG, "schema", *arguments, "-c", self.config], stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)


def every_schema_is_where_its_id_says(bus):
    status, headers, body = bus.get("/schema")
    types = json.loads(body)["types"]
    assert status == 200 and headers["Content-Type"] == "application/json" and len(types) > 50
    assert bus.get("/schema/index.json")[2] == body
    for entry in types:
        assert entry["schema"] == f"{URL}/schema/{entry['type']}.json"
        status, headers, body = bus.get(entry["schema"][len(URL):])
        schema = json.loads(body)
        assert status == 200 and headers["Content-Type"] == "application/schema+json"
        assert schema["$id"] == entry["schema"] and schema["properties"]["data"]["type"] == "object"
    assert bus.schema("json", "person.born.v1") == json.loads(bus.get("/schema/person.born.v1.json")[2])


def what_is_known_is_not_sent_again(bus):
    path = "/schema/person.born.v1.json"
    _, headers, body = bus.get(path)
    tag = headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag) and headers["Cache-Control"]
    for tags in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        status, headers, none = bus.get(path, If_None_Match=tags)
        assert status == 304 and none == b"" and headers["ETag"] == tag
    for tags in ('"x"', tag[:-2] + '"', "", tag.strip('"')):
        assert bus.get(path, If_None_Match=tags)[::2] == (200, body)
    status, headers, none = bus.get(path, method="HEAD")
    assert status == 200 and none == b"" and headers["Content-Length"] == str(len(body))


def what_is_not_there_is_refused(bus):
    for path in ("/schema/person.born.json", "/schema/person.born.v2.json", "/schema/person.born.v1", "/schema/x",
                 "/schema/..%2findex.json", "/schema/.json", "/schema/" + "a" * 2000, "/schema/%e4%ba%ba.json"):
        status, _, body = bus.get(path)
        assert status == 404 and json.loads(body)["code"] == "unknown-schema", path
    for path in ("/schema/", "/schema/a/b", "/schema//index.json"):
        assert bus.get(path)[0] == 404, path
    assert bus.get("/schema/index.json", method="POST")[0] in (405, 411)


def a_catalogue_is_its_consumers_only(bus):
    for page in ("catalogue", "asyncapi.json"):
        path = f"/out/batched/{page}"
        assert bus.get(path)[0] == 401
        assert bus.get(path, Authorization="Bearer " + TOKEN[::-1])[0] == 401
        status, headers, body = bus.get(path, Authorization="Bearer " + TOKEN)
        assert status == 200 and "private" in headers["Cache-Control"]
        name = page.split(".")[0]
        assert json.loads(body) == bus.schema(name, "--json", "--consumer", "batched")
        assert bus.get(f"/out/nobody/{page}")[0] == 404
        assert b"single" not in body and b"platform.example" not in body
    assert b"127.0.0.1" not in bus.get("/schema/asyncapi.json")[2]


def a_catalogue_says_what_comes_and_what_is_seen(bus):
    catalogue = bus.schema("catalogue", "--json", "--consumer", "batched")
    events = {event["type"]: event for event in catalogue["events"]}
    elements = {element["element"]: element for element in catalogue["elements"]}
    assert events["person.died.v1"]["routes"] == ["persons", "deaths"]
    assert events["person.born.v1"]["routes"] == ["persons"]
    assert events["justice.correction-started.v1"]["routes"] == ["deaths"]
    assert "marriage.registered.v1" not in events and "justice.correction-ended.v1" not in events
    assert catalogue["routes"][0] == {"name": "persons", "from": ["hukou"], "types": ["person.*"], "divisions": ["440104*"]}
    seen = {name: (element["seen"], element.get("mask"), element.get("minor"), element.get("original"))
            for name, element in elements.items()}
    assert seen["person.name"] == ("masked", "name", None, None)
    assert seen["person.sex"] == ("hidden", None, None, None)
    assert seen["person.phone"] == ("hidden", None, None, None)
    assert seen["person.idNumber"] == ("whole", None, None, None)
    assert seen["person.education"] == ("whole", None, "hidden", "hidden")
    assert seen["person.ethnicGroup"] == ("hidden", None, None, None)
    assert seen["person.employerCode"] == ("whole", None, None, None)
    assert "marriage.date" not in elements and catalogue["unmapped"] == "hidden"
    nothing = bus.schema("catalogue", "--json", "--consumer", "single")
    assert {element["seen"] for element in nothing["elements"] if element["sensitivity"] > 0} == {"hidden"}
    everything = bus.schema("catalogue", "--json")
    assert len(everything["events"]) > 50 and "seen" not in everything["elements"][0]


def the_example_masks_every_name_number_and_phone(bus):
    with open(os.path.join(os.environ["HUTONG_SRCDIR"], "docs/examples/city.conf"), encoding="utf-8") as file:
        example = "[bus]\nname = city\n" + file.read()
    with open(os.path.join(bus.folder, "city.conf"), "w", encoding="utf-8") as file:
        file.write(example)
    done = subprocess.run([HUTONG, "schema", "catalogue", "--json", "--consumer", "platform", "-c", file.name],
                          stdout=subprocess.PIPE, check=True)
    own = {element["element"]: element["mask"] for element in bus.schema("catalogue", "--json")["elements"]}
    for element in json.loads(done.stdout)["elements"]:
        personal = element["sensitivity"] > 0 and own[element["element"]] in ("name", "idNumber", "phone", "address")
        assert not personal or element["seen"] != "whole", element["element"]


def resolve(document, reference):
    place = document
    for part in reference[2:].split("/"):
        place = place[part.replace("~1", "/").replace("~0", "~")]
    return place


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def check_asyncapi(bus, document):
    """What AsyncAPI 3.0's own JSON Schema would find, and that every reference leads somewhere."""
    assert document["asyncapi"] == "3.0.0" and document["info"]["title"] and document["info"]["version"]
    assert set(document) == {"asyncapi", "info", "defaultContentType", "servers", "channels", "operations", "components"}
    for reference in references(document):
        if reference.startswith("#/"):
            resolve(document, reference)
        else:
            path, _, part = reference.partition("#")
            assert path.startswith(f"{URL}/schema/")
            schema = json.loads(bus.get(path[len(URL):])[2])
            resolve(schema, "#" + part) if part else None
    for kind in ("servers", "channels", "operations"):
        for name in document[kind]:
            assert re.fullmatch(r"[\w.-]+", name), name
    for channel in document["channels"].values():
        assert channel["messages"] and ("address" in channel)
        for server in channel.get("servers", []):
            assert resolve(document, server["$ref"])["protocol"] in ("http", "https")
    for operation in document["operations"].values():
        assert operation["action"] in ("send", "receive") and resolve(document, operation["channel"]["$ref"])
    for message in document["components"]["messages"].values():
        assert message["contentType"] and message["payload"]["schemaFormat"] and message["payload"]["schema"]
    used = set(references(document))
    for name in document["components"]["messages"]:
        assert f"#/components/messages/{name}" in used, name


def asyncapi_describes_each_way_out(bus):
    document = bus.schema("asyncapi")
    check_asyncapi(bus, document)
    assert document["servers"]["batched"] == {"host": "127.0.0.1:9", "protocol": "http"}
    assert document["channels"]["batched"]["address"] == "/events?key=x"
    assert document["channels"]["single"]["address"] == "/"
    assert set(document["channels"]["single"]["messages"]) == {"person.died.v1", "justice.correction-started.v1"}
    assert document["channels"]["headers"]["address"] == "/?x"
    assert set(document["channels"]["headers"]["messages"]) == {"person.died.v1.binary", "justice.correction-started.v1.binary"}
    assert document["operations"]["send.headers"]["security"] and "security" not in document["operations"]["send.single"]
    assert document["servers"]["fetching"] == {"host": "bus.example", "protocol": "https", "pathname": "/hutong"}
    assert document["channels"]["fetching"]["address"] == "/out/fetching"
    assert document["operations"]["send.fetching"]["bindings"]["http"]["method"] == "GET"
    assert document["channels"]["fetching.stream"]["address"] == "/out/fetching/stream"
    assert set(document["channels"]["fetching.stream"]["messages"]) == {"person.died.v1", "justice.correction-started.v1"}
    assert document["operations"]["send.fetching.stream"]["bindings"]["http"]["method"] == "GET"
    assert document["channels"]["reading"]["address"] is None and "reading" not in document["servers"]
    assert set(document["channels"]["reading"]["messages"]) == set(document["channels"]["single"]["messages"])
    for name in ("batched", "fetching", "reading"):
        check_asyncapi(bus, bus.schema("asyncapi", "--consumer", name))
    check_asyncapi(bus, json.loads(bus.get("/schema/asyncapi.json")[2]))


def what_asyncapi_says_can_be_posted(bus):
    """What a pull consumer may say, by the schemas of the document and by the bus itself."""
    document = bus.schema("asyncapi", "--consumer", "fetching")
    bodies = [{"sequences": [1]}, {"sequences": ["0007"]}, {"through": "1"}, {"through": 1, "worker": "w-1"},
              {"sequences": ["1"], "reason": "full"}, {"sequences": ["1"], "worker": "a" * 64},
              {}, {"sequences": []}, {"sequences": [0]}, {"sequences": ["x"]}, {"sequences": 1}, {"through": "0"}, {"through": ""},
              {"through": 1, "sequences": [1]}, {"sequences": [1], "worker": "a b"}, {"sequences": [1], "worker": "a" * 65},
              {"sequences": [1], "other": 1}, {"sequences": [1], "reason": 5}]
    for way in ("ack", "retry", "refuse"):
        channel = document["channels"][f"fetching.{way}"]
        assert document["operations"][f"receive.fetching.{way}"]["security"] == [{"$ref": "#/components/securitySchemes/bearer"}]
        schema = channel["messages"][way]["payload"]["schema"]
        jsonschema.Draft202012Validator.check_schema(schema)
        for body in bodies:
            says = jsonschema.Draft202012Validator(schema).is_valid(body)
            answer = bus.get(channel["address"], method="POST", data=json.dumps(body).encode(), Content_Type="application/json",
                             Authorization="Bearer " + TOKEN)[0]
            assert answer in ((200, 409) if says else (400,)), (way, body, answer)


TESTS = [every_schema_is_where_its_id_says, what_is_known_is_not_sent_again, what_is_not_there_is_refused,
         a_catalogue_is_its_consumers_only, a_catalogue_says_what_comes_and_what_is_seen, asyncapi_describes_each_way_out,
         what_asyncapi_says_can_be_posted,
         the_example_masks_every_name_number_and_phone]


def main():
    with Bus() as bus:
        return run_tests.run("schema-documents", run_tests.named(TESTS, bus))


sys.exit(main())
