#!/usr/bin/env python3
"""A marked person goes in by every place of a message, a request, a consumer's answer and an administrator's question, the wrong ones included;
then everything that the bus has written is searched for the marks, in every form in which they may have been written: log, status, metrics, what
tap shows, records of access, the sealed spool, names of files, core files. Prints TAP."""
import base64
import functools
import http.server
import json
import os
import signal
import sys
import tempfile
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(os.environ["HUTONG_SRCDIR"], folder) for folder in ("tests/lib", "tests/data/hostile")]
import payloads  # noqa: E402
import run_tests  # noqa: E402
from payloads import SOAP_11, archive, mime, soap  # noqa: E402
from running_bus import SRCDIR, RunningBus, files_below  # noqa: E402

MARKS = {"name": "测试癸", "number": "990104195008179950", "phone": "13899990123", "address": "四牌楼试验街道", "word": "Wohnhaft"}
MAPPING = """<mapping xmlns="urn:hutong:mapping:1" source="test" authority="police" version="1">
<service namespace='urn:x' name='S'><operation name='put'><in name='x'/></operation></service>
<event type="person.registered.v1" for-each="/person"><id from="number"/><division from="place"/><time from="day"/>
<identity kind="idNumber" from="citizen"/>
<element to="person.name" from="name" required="yes"/><element to="person.phone" from="phone"/><element to="person.birthDate" from="born"/>
</event>
<event type="person.registered.v1" for-each="/json/person"><id from="number"/><division from="place"/>
<element to="person.name" from="name" required="yes"/></event></mapping>
"""
SOURCE = "department = police\nadapter = xml\nmapping = {0}/mapping.xml\ndivision = 440104\nkeep-payload = all\n"
SECTIONS = """[source plain]
{source}[source held]
{source}on-invalid = quarantine
[source named]
{source}username-file = {0}/names
[source token]
{source}token-file = {0}/token
[source hukou]
department = police
adapter = hukou
mapping = hukou.xml
division = 440104
[source bad]
department = nobody
adapter = {adapters}/obedient.so
mapping = {0}/mapping.xml
strikes = 1
[consumer hook]
type = webhook
url = http://127.0.0.1:{port}/events
mode = structured
{sees}retry-first = 20ms
retry-max = 100ms
attempts = 2
[consumer pulling]
type = pull
{sees}[route all]
to = hook;pulling
"""
SEES = "clearance = 3\npurpose = 测试\npurpose-until = 2099-12-31\n"


def forms(mark):
    """The mark as it may have been written."""
    texts = {mark, mark.translate({ord("0") + i: 0xff10 + i for i in range(10)})}
    texts |= {"".join(f"\\u{ord(c):04x}" for c in mark), "".join(f"&#{ord(c)};" for c in mark), "".join(f"&#x{ord(c):x};" for c in mark)}
    found = set()
    for text in texts:
        for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
            found.add(text.encode(encoding))
    raw = mark.encode()
    found |= {raw.hex().encode(), raw.hex().upper().encode(), urllib.parse.quote(mark).encode(), urllib.parse.quote(mark).lower().encode()}
    for skipped in range(3):  # whatever stands before it
        whole = base64.b64encode(b"\0" * skipped + raw + b"\0\0\0")
        found.add(whole[4 if skipped else 0:len(whole) - 8].rstrip(b"="))
    return {form for form in found if len(form) >= 6}


FORMS = {mark: forms(mark) for mark in MARKS.values()}


def where_it_is(text):
    """The first mark of them that stands in it, with what is around it; None when none does."""
    for mark, written in FORMS.items():
        for form in written:
            at = text.find(form)
            if at >= 0:
                return f"{mark} as {form!r}: {text[max(0, at - 100):at + 60]!r}"
    return None


class Platform(http.server.BaseHTTPRequestHandler):
    """Repeats numbers of the person in whatever it answers. Its words are kept as the reason of a dead letter, in clear, without long numbers: see
    docs/security.md."""
    seen = 0

    def do_POST(self):
        event = self.rfile.read(int(self.headers["Content-Length"]))
        Platform.seen += 1
        status = (200, 422, 500, 404, 302)[Platform.seen % 5]
        person = f"{MARKS['number']} {MARKS['phone']}".encode()
        self.wfile.write(b"HTTP/1.1 %d %s\r\nX-Person: %s\r\nLocation: /%s\r\nContent-Length: %d\r\nContent-Type: application/json\r\n\r\n%s" % (
            status, person, person, person.replace(b" ", b""), len(person), person))

    def log_message(self, *_):
        pass


class World:
    def __init__(self, folder):
        self.platform = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Platform)
        threading.Thread(target=self.platform.serve_forever, daemon=True).start()
        for name, text in (("mapping.xml", MAPPING), ("names", "hukou geheim-geheim-geheim\n"), ("token", "0123456789abcdef0123\n")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(file.name, 0o600 if name != "mapping.xml" else 0o644)
        sections = SECTIONS.format(folder, source=SOURCE.format(folder), adapters=os.environ["HUTONG_TEST_ADAPTERDIR"],
                                   port=self.platform.server_port, sees=SEES)
        self.bus = RunningBus(folder, sections, "log-level = debug\nlog-rate = 0\nidle-timeout = 5s\n")
        self.bus.start()
        self.read = self.numbers = 0

    def new_of_the_log(self):
        with open(self.bus.log, "rb") as log:
            log.seek(self.read)
            text = log.read()
        self.read += len(text)
        return text

    def record(self, **fields):
        """A person's record, of which these fields are others."""
        self.numbers += 1
        values = {"number": str(self.numbers), "place": "440104001003", "name": "测试戊", "day": "2026-01-01", "born": "1950-08-17", **fields}
        inside = "".join(f"<{name}>{value}</{name}>" for name, value in values.items() if name != "more")
        return f"<person>{inside}{values.get('more', '')}</person>".encode()


def xml(world, body, source=b"plain", **more):
    return world.bus.post(b"/in/" + source, body.encode() if isinstance(body, str) else body, **more)


def name_of(mark):
    """As an XML name."""
    return mark if not mark[0].isdigit() else "n" + mark


def in_values(world, mark):
    for source in (b"plain", b"held"):
        for field in ("name", "phone", "citizen", "place", "day", "born", "number"):
            yield xml(world, world.record(**{field: mark}), source)
        yield xml(world, world.record(number=f"{mark}/{world.numbers}"), source)
        yield xml(world, world.record(more=f"<other>{mark}</other>"), source)
        yield xml(world, f"<person><name>{mark}</name></person>", source)
        yield xml(world, f"<people>{mark}<person/></people>", source)
        yield xml(world, world.record(name=f"{mark}\u200b&#55362;"), source)
        yield xml(world, world.record(name=mark).decode().encode("gb18030"), source)


def in_markup(world, mark):
    name, rec = name_of(mark), world.record
    for source in (b"plain", b"held"):
        for body in (rec(more=f"<{name}/>"), rec(more=f"<{name}>1</{name}>"), rec(more=f"<a {name}='1'/>"), rec(more=f"<a b='{mark}'/>"),
                     rec(more=f"<a xmlns='urn:{mark}'/>"), rec(more=f"<{name}:a xmlns:{name}='urn:x'/>"), rec(more=f"<?{name} x?>"),
                     rec(more=f"<?p {mark}?>"), rec(more=f"<!-- {mark} -->"), rec(more=f"<!-- {mark} -- -->"), rec(more=f"<![CDATA[{mark}]]>"),
                     rec(more=f"&{name};"), rec(more=f"<{name}:a/>"), rec(more=f"<a></{name}>"), rec(more=f"<a {name}='1' {name}='2'/>"),
                     f"<{name}/>", f"<{name}>", f"{mark}<person/>", rec() + mark.encode(), f"<!DOCTYPE {name}><{name}/>",
                     f"<?xml version='1.0' encoding='{mark}'?><a/>", f"<?xml version='{mark}'?><a/>",
                     f"<!DOCTYPE p [<!ENTITY {name} '{mark}'>]><p>&{name};</p>", f"<html><body>{mark}</body></html>"):
            yield xml(world, body, source)


def in_soap(world, mark):
    name, rec, m = name_of(mark), world.record, mark.encode()
    wsa, wsse = b"http://www.w3.org/2005/08/addressing", (b"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd")
    header = b"<s:Header>%s</s:Header>"
    for body in (soap(f"<{name}><a>1</a></{name}>".encode()), soap(f"<x:{name} xmlns:x='urn:{mark}'/>".encode()),
                 soap(rec(), header % b"<x:h xmlns:x='urn:%s' s:mustUnderstand='1'/>" % m),
                 soap(rec(), header % f"<x:{name} xmlns:x='urn:x' s:mustUnderstand='1'/>".encode()),
                 soap(rec(), header % b"<x:h xmlns:x='urn:x' s:mustUnderstand='%s'/>" % m),
                 soap(rec(), header % b"<x:h xmlns:x='urn:x' s:actor='%s' s:mustUnderstand='1'/>" % m),
                 soap(rec(), header % b"<a:MessageID xmlns:a='%s'>%s</a:MessageID>" % (wsa, m)),
                 soap(rec(), header % b"<a:Action xmlns:a='%s'>%s</a:Action><a:To xmlns:a='%s'>%s</a:To>" % (wsa, m, wsa, m)),
                 soap(rec(), header % b"<a:ReplyTo xmlns:a='%s'><a:Address>%s</a:Address></a:ReplyTo>" % (wsa, m)),
                 soap(b"<r><a href='#%s'/></r>" % m), soap(b"<r><a href='#1'/></r><m id='1' x='%s'/><m id='1'/>" % m),
                 soap(rec(), version=b"urn:" + m), soap(b"<s:Fault><faultcode>s:a</faultcode><faultstring>%s</faultstring></s:Fault>" % m),
                 soap(b"<x:put xmlns:x='urn:x'><x>%s</x></x:put>" % m), soap(b"<x:put xmlns:x='urn:x'><x><![CDATA[%s]]></x></x:put>" % rec(name=mark))):
        yield xml(world, body)
        yield xml(world, body, b"held")
    for username, password in ((m, b"geheim-geheim-geheim"), (b"hukou", m), (m, m)):
        for kind in (b"PasswordText", b"PasswordDigest", m):
            token = b"<w:Security xmlns:w='%s'><w:UsernameToken><w:Username>%s</w:Username><w:Password Type='http://docs.oasis-open.org/wss/2004/01/" \
                    b"oasis-200401-wss-username-token-profile-1.0#%s'>%s</w:Password><w:Nonce>%s</w:Nonce></w:UsernameToken></w:Security>" % (
                        wsse, username, kind, password, m)
            yield xml(world, soap(rec(name=mark), header % token), b"named")
    for action in (m, b'"urn:' + m + b'"'):
        yield xml(world, soap(rec()), headers=(b"SOAPAction: " + action,))


def in_json(world, mark):
    world.numbers += 1
    for body in ({"person": {"number": str(world.numbers), "place": "440104", "name": mark}}, {mark: 1}, {"person": {mark: mark, "name": "x"}},
                 {"person": {"number": mark, "place": mark, "name": mark}}, [mark], mark):
        for ascii_only in (True, False):
            text = json.dumps(body, ensure_ascii=ascii_only).encode()
            yield xml(world, text, content_type="application/json")
            yield xml(world, text, b"held", content_type="application/json")
            yield xml(world, text[:-1] + b",", content_type="application/json")


def in_containers(world, mark):
    m, part, rec = mark.encode(), b"Content-Type: text/xml", world.record
    for kind, body in (("multipart/mixed; boundary=cut", mime((part + b'\r\nContent-Disposition: attachment; filename="%s.xml"' % m, rec()))),
                       ("multipart/mixed; boundary=cut", mime((part + b"; charset=" + m, rec()))),
                       ("multipart/mixed; boundary=cut", mime((part + b"\r\n" + m + b": x", rec()))),
                       ("multipart/mixed; boundary=cut", mime((part + b"\r\nContent-Transfer-Encoding: " + m, rec()))),
                       ("multipart/mixed; boundary=cut", mime((part, rec(name=mark)), (part, m))),
                       ("multipart/mixed; boundary=cut", mime((part, rec())) + m),
                       (payloads.RELATED, mime((payloads.DOC_PART, soap(rec(more=f"<photo href='cid:{mark}'/>"))))),
                       (payloads.RELATED, mime((payloads.DOC_PART, soap(rec())), (payloads.FILE_PART % m, m))),
                       ("application/zip", archive((mark + ".xml", rec(name=mark)))), ("application/zip", archive(("../" + mark, m))),
                       ("application/zip", archive((mark + "/", b""))), ("application/zip", archive((mark, rec(name=mark)))[:-9])):
        yield xml(world, body, content_type=kind)
        yield xml(world, body, b"held", content_type=kind)
    if mark.isascii():
        yield xml(world, mime((part, rec()), boundary=m), content_type="multipart/mixed; boundary=" + mark)
        yield xml(world, mime((part, rec())), content_type="multipart/mixed; boundary=" + mark)


def in_the_request(world, mark):
    m, quoted, rec = mark.encode(), urllib.parse.quote(mark).encode(), world.record
    for header in (b"X-Person: " + m, b"X-" + m + b": x", b"Idempotency-Key: " + m, b"User-Agent: " + m, b"Accept: " + m, b"traceparent: " + m,
                   b"Referer: http://x/?name=" + quoted, b"Cookie: name=" + m, b"Authorization: Bearer " + m, b"Expect: " + m,
                   b"Authorization: Basic " + base64.b64encode(m + b":" + m), b"Content-Encoding: " + m, b"Transfer-Encoding: " + m,
                   b"Hutong-Receipt: " + m, b"Host: " + m, b"X-Person: " + m + b"\r\n folded", b"Forwarded: for=" + m, m):
        yield xml(world, rec(), headers=(header,))
        yield xml(world, rec(), b"token", headers=(header,))
    for path in (b"/in/" + quoted, b"/in/" + m, b"/in/plain?name=" + quoted, b"/in/plain?" + m, b"/in/plain/" + quoted, b"/" + quoted, b"/out/" + quoted,
                 b"/out/pulling/" + quoted, b"/in/plain%" + m):
        yield world.bus.post(path, rec())
        yield world.bus.send(payloads.get(path))
    for kind in ("text/xml; charset=", "text/xml; ", "text/", "", "application/soap+xml; action="):
        yield xml(world, rec(), content_type=(kind + mark).encode().decode("latin-1"))
        yield xml(world, soap(rec()), content_type=(kind + mark).encode().decode("latin-1"))
    for request in (payloads.get(b"/in/plain?wsdl=" + quoted), payloads.get(b"/in/plain?wsdl", host=b"Host: " + m + b"\r\n"),
                    payloads.get(b"/in/plain?receipt=" + quoted), m + b" /in/plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                    b"POST /in/plain " + m + b"\r\nHost: x\r\n\r\n", m + b"\r\n\r\n", payloads.chunks(b"4;" + m + b"\r\n<a/>\r\n0\r\nX: " + m + b"\r\n\r\n"),
                    payloads.chunks(m + b"\r\n<a/>\r\n0\r\n\r\n")):
        yield world.bus.send(request, end=True)
    yield world.bus.send(payloads.post(b"", b"Content-Length: 5000\r\n", path=b"/in/plain", length=False) + rec(name=mark), end=True)


def in_what_consumers_say(world, mark):
    quoted = urllib.parse.quote(mark).encode()
    for verb in (b"ack", b"retry", b"refuse", quoted):
        for said in ({"sequences": ["1"], "reason": mark}, {"sequences": [mark]}, {"through": mark}, {"through": "1", "worker": mark}, {mark: mark}):
            yield world.bus.post(b"/out/pulling/" + verb, json.dumps(said, ensure_ascii=False).encode(), "application/json")
    for query in (b"worker=", b"limit=", b"wait=", b""):
        yield world.bus.send(payloads.get(b"/out/pulling?" + query + quoted))
    got = world.bus.send(payloads.get(b"/out/pulling?limit=5&worker=w"))
    assert got.status == 200
    for event in json.loads(got.body)[:3]:
        said = {"sequences": [event["sequence"]], "worker": "w", "reason": mark if mark.isdigit() else "wrong"}
        yield world.bus.post(b"/out/pulling/refuse", json.dumps(said).encode(), "application/json")


def in_what_administrators_ask(world, mark):
    for page in ("consumer", "replay", "message", "dead", "payload", "subject", "shred", mark):
        for said in ({"verb": "list", "consumer": mark}, {"verb": mark}, {"message": mark, "source": mark}, {"number": mark, "reason": mark}, {mark: mark}):
            body = json.dumps(said, ensure_ascii=False).encode()
            yield world.bus.send(payloads.ask(b"POST /" + urllib.parse.quote(page).encode(), b"X-Person: " + mark.encode() + b"\r\n", body), admin=True)
    yield world.bus.send(payloads.ask(b"GET /recent?source=" + urllib.parse.quote(mark).encode()), admin=True)


def in_adapters_that_fail(world, mark):
    for word in ("crash", "exit", "half", "echo", "fault", "blame"):
        yield world.bus.post(b"/in/bad", f"{word} {mark}".encode())
    with open(os.path.join(SRCDIR, "adapters/hukou/fixtures/hukou-birth-gbk.xml"), "rb") as file:
        yield world.bus.post(b"/in/hukou", file.read().replace("测试".encode("gbk"), mark.encode("gbk")))


def each_place(world, place):
    """Every mark in it, and what is new of the log."""
    taken = answers = 0
    for mark in MARKS.values():
        for number, answer in enumerate(place(world, mark)):
            found = where_it_is(world.new_of_the_log())
            assert not found, f"attempt {number}: in the log is {found}"
            taken += answer.status == 200
            answers += bool(answer.statuses)
    assert answers > 0 and world.bus.process.poll() is None
    print(f"# {place.__name__}: {answers} answers, {taken} of them 200")


def the_person_went_in(world):
    """Or nothing below could fail: some were taken, kept, refused, put aside, delivered, and are dead letters."""
    status = world.bus.status()
    world.bus.wait("dead letters", lambda status: status["consumers"][0]["letters"] > 0)
    assert status["spool"]["lastSequence"] > 100 and status["spool"]["quarantined"] > 10, status["spool"]
    assert Platform.seen > 10


def pages_and_log_hold_nothing(world):
    for page in ("/status", "/metrics", "/recent", "/consumers", "/ready"):
        text = world.bus.page(page)
        assert text, page
        found = where_it_is(text)
        assert not found, f"{page}: {found}"
    found = where_it_is(world.bus.said().encode())
    assert not found, f"the log: {found}"


def search_files(world):
    for path, text in files_below(world.bus.folder):
        found = where_it_is(text) or where_it_is(os.fsencode(path))
        assert not found, f"{os.path.relpath(path, world.bus.folder)}: {found}"


def processes_leave_no_core(world):
    """Killed in the middle, with the person in memory."""
    pids = [world.bus.process.pid, *(source["host"]["pid"] for source in world.bus.status()["sources"] if source["host"]["pid"] > 0)]
    for pid in pids:
        with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
            core = next(line for line in limits if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"], core
    for pid in reversed(pids):
        try:
            os.kill(pid, signal.SIGSEGV)
        except ProcessLookupError:
            pass  # one of another's host that has ended
        time.sleep(0.1)
    world.bus.process.wait(30)
    assert not [path for path, _ in files_below(world.bus.folder) if os.path.basename(path).startswith("core")]


def no_file_holds_the_person(world):
    search_files(world)
    world.bus.start()
    search_files(world)
    assert world.bus.stop() == 0
    search_files(world)


def the_search_finds_what_is_there(_):
    for mark in MARKS.values():
        for encoded in (mark.encode(), mark.encode("gbk"), json.dumps(mark).encode(), urllib.parse.quote("x" + mark).encode(),
                        base64.b64encode(b"ab" + mark.encode() + b"cd"), base64.b64encode(b"abc" + mark.encode())):
            assert where_it_is(b"before" + encoded + b"behind"), (mark, encoded)


PLACES = [in_values, in_markup, in_soap, in_json, in_containers, in_the_request, in_what_consumers_say, in_what_administrators_ask,
          in_adapters_that_fail]
TESTS = [the_search_finds_what_is_there, *PLACES, the_person_went_in, pages_and_log_hold_nothing, processes_leave_no_core,
         no_file_holds_the_person]


def main():
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        failed = run_tests.run("marked-persons", [
            (name, functools.partial(each_place, world, test) if test in PLACES else call)
            for test, (name, call) in zip(TESTS, run_tests.named(TESTS, world))])
        if world.bus.process.poll() is None:
            world.bus.stop()
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
