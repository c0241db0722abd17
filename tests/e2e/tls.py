#!/usr/bin/env python3
"""The public door with TLS, certificates and a unix socket, as clients that others wrote meet it: openssl, curl, python. Prints TAP."""
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["HUTONG_SRCDIR"], "tests/lib"))
import run_tests  # noqa: E402

HUTONG = os.environ["HUTONG"]
XML = os.path.join(os.environ["HUTONG_SRCDIR"], "adapters/hukou/fixtures/hukou-birth-gbk.xml")
ME = os.getuid()
SOURCE = "department = police\nadapter = hukou\nmapping = hukou.xml\n"


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, **more)


class Authority:
    """A certificate authority of the test."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.key, self.file = self.path(name + ".key"), self.path(name + ".pem")
        self.make("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                  "-subj", "/CN=" + name, "-keyout", self.key, "-out", self.file)

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, *arguments):
        done = run("openssl", *arguments)
        assert done.returncode == 0, done.stdout

    def issue(self, name, subject, usage, days="20", more=""):
        """(certificate, key) of a server or a client."""
        key, request, file, extensions = (self.path(name + end) for end in (".key", ".csr", ".pem", ".ext"))
        with open(extensions, "w", encoding="utf-8") as out:
            out.write(f"extendedKeyUsage={usage}\n{more}")
        self.make("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject,
                  "-keyout", key, "-out", request)
        if days == "ended":
            index = self.path("index.txt")
            open(index, "w", encoding="utf-8").close()
            config = self.path("ca.cnf")
            with open(config, "w", encoding="utf-8") as out:
                out.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={index}\nnew_certs_dir={self.folder}\ndefault_md=sha256\n"
                          "policy=p\nrand_serial=yes\nunique_subject=no\n[p]\nO=optional\nCN=supplied\n")
            self.make("ca", "-batch", "-config", config, "-in", request, "-out", file, "-cert", self.file, "-keyfile",
                      self.key, "-startdate", "20200101000000Z", "-enddate", "20210101000000Z", "-extfile", extensions,
                      "-notext")
        else:
            self.make("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-CAcreateserial", "-days",
                      days, "-extfile", extensions, "-out", file)
        os.chmod(key, 0o600)
        return file, key


def fingerprint(file):
    with open(file, encoding="ascii") as text:
        der = ssl.PEM_cert_to_DER_cert(text.read()[-10000:])
    import hashlib
    return hashlib.sha256(der).hexdigest()


class Bus:
    """A running bus with that configuration."""

    def __init__(self, folder, sections, bus_keys=""):
        self.folder = folder
        self.config = os.path.join(folder, "hutong.conf")
        self.log = os.path.join(folder, "bus.log")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"[bus]\nname = door\nadapter-check = off\n{bus_keys}{sections}")
        self.process = None

    def start(self):
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([HUTONG, "run", "-c", self.config], stderr=log)
        for _ in range(600):
            found = re.search(r"public door on port (\d+), with TLS on port (\d+)", self.said())
            if found:
                self.port, self.tls = int(found.group(1)), int(found.group(2))
                return
            assert self.process.poll() is None, self.said()
            time.sleep(0.1)
        raise AssertionError("the bus did not start: " + self.said())

    def said(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(60)

    def page(self, name):
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(os.path.join(self.folder, "run/admin.sock"))
        connection.request("GET", name)
        return connection.getresponse().read().decode()

    def wait(self, figure, value):
        for _ in range(300):
            if json.loads(self.page("/status"))["door"][figure] >= value:
                return
            time.sleep(0.1)
        raise AssertionError(f"{figure} does not become {value}: {self.page('/status')}")


def client(authority, pair=None, low=None):
    context = ssl.create_default_context(cafile=authority.file)
    if pair:
        context.load_cert_chain(*pair)
    if low:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = low
    return context


def post(port, path, context=None, body=b"", unix=None):
    """(status, the answer's text)"""
    connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=30) if context else \
        http.client.HTTPConnection("localhost", port, timeout=30)
    if unix:
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(unix)
    with open(XML, "rb") as file:
        connection.request("POST", path, body or file.read(), {"Content-Type": "text/xml"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


class World:
    """What all tests share: two authorities, their certificates, a bus."""

    def __init__(self, folder):
        self.folder = folder
        self.ours, self.theirs = Authority(folder, "ours"), Authority(folder, "theirs")
        names = "subjectAltName=DNS:localhost,IP:127.0.0.1\n"
        self.server = self.ours.issue("server", "/CN=localhost", "serverAuth", more=names)
        self.next = self.ours.issue("next", "/CN=localhost", "serverAuth", more=names)
        subject = "/O=Police of Yuexiu/CN=hukou"
        self.police = self.ours.issue("police", subject, "clientAuth")
        self.other = self.ours.issue("other", "/O=Police of Yuexiu/CN=marriage", "clientAuth")
        self.forged = self.theirs.issue("forged", subject, "clientAuth")
        self.ended = self.ours.issue("ended", subject, "clientAuth", days="ended")
        self.misused = self.ours.issue("misused", subject, "serverAuth")
        self.pinned = self.theirs.issue("pinned", "/CN=anything", "clientAuth")
        mark = fingerprint(self.pinned[0]).upper()
        colons = ":".join(mark[i:i + 2] for i in range(0, 64, 2))
        self.socket = os.path.join(folder, "in/bus.sock")
        self.bus = Bus(folder, f"[source open]\n{SOURCE}"
                       f"[source named]\n{SOURCE}client-subject = CN=hukou,O=Police of Yuexiu\n"
                       f"[source pinned]\n{SOURCE}client-fingerprint = {colons}\n"
                       f"[source local]\n{SOURCE}identities = authority\nusers = {ME}\n"
                       f"[source nobody]\n{SOURCE}users = 4000000000;@4000000001\n",
                       f"listen = 127.0.0.1:0;tls:127.0.0.1:0;unix:in/bus.sock\n"
                       f"tls-certificate = server.pem\ntls-key = server.key\nclient-ca = ours.pem\n"
                       "tls-handshake = 1s\nobservers = 4000000201\noperators = @4000000202\n"
                       "privacy-officers = 4000000203\n")
        self.bus.start()


def foreign_clients_come_in(world):
    assert post(world.bus.tls, "/in/open", client(world.ours))[0] == 200
    url = f"https://localhost:{world.bus.tls}/in/open"
    done = run("curl", "-sS", "--cacert", world.ours.file, "-H", "Content-Type: text/xml", "--data-binary", "@" + XML, url)
    assert b"<receipt" in done.stdout or b"receipt" in done.stdout, done.stdout
    request = "GET /in/open?wsdl HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    done = run("openssl", "s_client", "-quiet", "-connect", f"localhost:{world.bus.tls}", "-CAfile", world.ours.file,
               "-verify_return_error", input=request.encode())
    assert b"HTTP/1.1 200" in done.stdout, done.stdout


def older_versions_and_weak_keys_are_refused(world):
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        try:
            post(world.bus.tls, "/in/open", client(world.ours, low=version))
            raise AssertionError(f"{version} was taken")
        except (ssl.SSLError, OSError):
            pass
    for option in ("-tls1", "-tls1_1"):
        done = run("openssl", "s_client", option, "-cipher", "ALL:@SECLEVEL=0", "-connect", f"localhost:{world.bus.tls}",
                   input=b"")
        assert done.returncode != 0 and b"Cipher is (NONE)" in done.stdout, done.stdout
    done = run("openssl", "s_client", "-tls1_2", "-cipher", "kRSA:@SECLEVEL=0", "-connect",
               f"localhost:{world.bus.tls}", input=b"")
    assert b"Cipher is (NONE)" in done.stdout, done.stdout
    for option in ("-tls1_2", "-tls1_3"):
        done = run("openssl", "s_client", option, "-connect", f"localhost:{world.bus.tls}", "-CAfile", world.ours.file,
                   input=b"")
        assert b"Verify return code: 0 (ok)" in done.stdout, done.stdout


def the_wrong_door_takes_nothing(world):
    try:
        status, _ = post(world.bus.tls, "/in/open")
        raise AssertionError(f"clear text at the TLS port: {status}")
    except (OSError, http.client.HTTPException):
        pass
    try:
        status, _ = post(world.bus.port, "/in/open", client(world.ours))
        raise AssertionError(f"TLS at the clear port: {status}")
    except (OSError, http.client.HTTPException):
        pass
    assert post(world.bus.port, "/in/open")[0] == 200


def certificates_say_who_sends(world):
    cases = [("named", None, "certificate-missing"), ("named", world.police, None), ("named", world.other, "certificate-refused"),
             ("named", world.forged, "certificate-refused"), ("named", world.ended, "certificate-refused"),
             ("named", world.misused, "certificate-refused"), ("named", world.pinned, "certificate-refused"),
             ("pinned", world.pinned, None), ("pinned", world.police, "certificate-refused"),
             ("pinned", None, "certificate-missing"), ("open", world.forged, None)]
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for source, pair, code in cases:
            context = client(world.ours, pair)
            context.minimum_version = context.maximum_version = version
            status, text = post(world.bus.tls, "/in/" + source, context)
            assert (status == 200) == (code is None) and (not code or (status == 403 and code in text)), \
                (source, pair, version, status, text)
    status, text = post(world.bus.port, "/in/named")
    assert status == 403 and "certificate-missing" in text, text


def users_of_this_machine_are_known(world):
    assert post(0, "/in/local", unix=world.socket)[0] == 200
    assert post(0, "/in/open", unix=world.socket)[0] == 200
    for source in ("nobody",):
        status, text = post(0, "/in/" + source, unix=world.socket)
        assert status == 403 and "user-refused" in text, text
    for path in ("/in/local", "/in/nobody"):
        status, text = post(world.bus.port, path)
        assert status == 403 and "user-refused" in text, text
    if ME != 0:
        return
    for folder in (world.folder, os.path.dirname(world.socket)):
        os.chmod(folder, 0o755)
    code = ("import http.client, os, socket, sys\nos.setgid(65534)\nos.setuid(65534)\n"
            "for source in ('local', 'open', 'named'):\n"
            "    c = http.client.HTTPConnection('x')\n    c.sock = socket.socket(socket.AF_UNIX)\n"
            "    c.sock.connect(sys.argv[1])\n"
            "    c.request('POST', '/in/' + source, b'<a/>', {'Content-Type': 'text/xml'})\n"
            "    a = c.getresponse()\n    print(a.status, b'user-refused' in a.read())\n")
    done = run(sys.executable, "-c", code, world.socket)
    assert done.stdout.split() == [b"403", b"True"] * 3, done.stdout


ASK = """import http.client, os, socket, sys
os.setgroups([])
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[3]))
for method, page, body in (("GET", "/status", None), ("POST", "/replay", '{"verb":"list"}'),
                           ("POST", "/consumer", '{"verb":"pause","consumer":"none"}'), ("POST", "/payload", '{"message":"x"}')):
    c = http.client.HTTPConnection("x")
    c.sock = socket.socket(socket.AF_UNIX)
    c.sock.connect(sys.argv[1])
    c.request(method, page, body)
    print(c.getresponse().status)
"""


def roles_are_held(world):
    if ME != 0:
        return
    admin = os.path.join(world.folder, "run/admin.sock")
    os.chmod(world.folder, 0o755)
    cases = [(4000000101, 4000000101, "403 403 403 403"),  # nobody
             (4000000101, 4000000201, "200 200 403 403"),  # an observer
             (4000000202, 4000000101, "200 200 404 403"),  # an operator, by the group
             (4000000101, 4000000203, "200 200 403 404"),  # a privacy officer
             (0, 0, "200 200 404 404")]
    for group, user, wanted in cases:
        done = run(sys.executable, "-c", ASK, admin, str(group), str(user))
        got = done.stdout.decode().split()
        assert [a if a in ("200", "403") else "404" for a in got] == wanted.split(), (user, group, got)
    assert "uid 4000000201: consumer, without the role operator: not done" in world.bus.said()
    assert "uid 4000000101: refused, has no role" in world.bus.said()


def a_refusal_midway_is_read(world):
    context = client(world.ours)
    with socket.create_connection(("localhost", world.bus.tls), timeout=30) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            secure.sendall(b"POST /in/open HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n")
            piece = b"<a>" + b"x" * 65000
            got = b""
            try:
                for _ in range(2000):
                    secure.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            except OSError:
                pass
            try:
                got = secure.recv(65536)
            except OSError:
                pass
            assert b"413" in got and b"body-too-large" in got, got[:300]


def endless_handshakes_take_nobodys_place(world):
    waiting = []
    for i in range(40):
        plain = socket.create_connection(("localhost", world.bus.tls), timeout=30)
        if i % 2:
            plain.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        waiting.append(plain)
    assert post(world.bus.tls, "/in/open", client(world.ours))[0] == 200
    for plain in waiting:
        try:
            while plain.recv(4096):
                pass
        except ConnectionResetError:
            pass
        plain.close()
    assert post(world.bus.tls, "/in/open", client(world.ours))[0] == 200


def served(port, context):
    with socket.create_connection(("localhost", port), timeout=30) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            import hashlib
            return hashlib.sha256(secure.getpeercert(True)).hexdigest()


def replace(source, target):
    with open(source, "rb") as file:
        text = file.read()
    with open(target + ".new", "wb") as file:
        file.write(text)
    os.chmod(target + ".new", 0o600)
    os.rename(target + ".new", target)


def certificates_change_without_a_cut(world):
    context = client(world.ours)
    before = fingerprint(world.server[0])
    assert served(world.bus.tls, context) == before
    kept = http.client.HTTPSConnection("localhost", world.bus.tls, context=context, timeout=60)
    kept.request("GET", "/in/open?wsdl")
    assert kept.getresponse().read()
    connected = kept.sock
    replace(world.next[0], os.path.join(world.folder, "server.pem"))
    world.bus.wait("certificateFailures", 1)  # its key is still the former one's
    assert served(world.bus.tls, context) == before
    replace(world.next[1], os.path.join(world.folder, "server.key"))
    world.bus.wait("certificateReloads", 1)
    assert served(world.bus.tls, context) == fingerprint(world.next[0])
    kept.request("GET", "/in/open?wsdl")
    assert kept.getresponse().status == 200 and kept.sock is connected
    kept.close()
    assert "the former one stays" in world.bus.said()


def another_authority_counts_for_connections_that_stand(world):
    ours = os.path.join(world.folder, "ours.kept")
    replace(world.ours.file, ours)
    with open(XML, "rb") as file:
        body = file.read()
    kept = http.client.HTTPSConnection("localhost", world.bus.tls, context=client(world.ours, world.police), timeout=60)

    def ask():
        kept.request("POST", "/in/named", body, {"Content-Type": "text/xml"})
        answer = kept.getresponse()
        return answer.status, answer.read().decode()

    def change(file):
        reloads = json.loads(world.bus.page("/status"))["door"]["certificateReloads"]
        replace(file, os.path.join(world.folder, "ours.pem"))
        world.bus.wait("certificateReloads", reloads + 1)

    assert ask()[0] == 200
    connected = kept.sock
    change(world.theirs.file)
    try:
        assert kept.sock is connected
        status, text = ask()
        assert status == 403 and "certificate-refused" in text, (status, text)
    finally:
        change(ours)
    kept.close()
    assert post(world.bus.tls, "/in/named", client(world.ours, world.police))[0] == 200


def the_end_is_told(world):
    door = json.loads(world.bus.page("/status"))["door"]
    end = time.strptime(door["certificateEnds"][:10], "%Y-%m-%d")
    assert 18 * 86400 < time.mktime(end) - time.time() < 22 * 86400, door
    found = re.search(r"hutong_door_certificate_expiry_timestamp_seconds (\d+)", world.bus.page("/metrics"))
    assert found and 18 * 86400 < int(found.group(1)) - time.time() < 22 * 86400
    assert re.search(r"the certificate .* ends in (18|19) days", world.bus.said()), world.bus.said()


def what_would_be_open_is_refused(world):
    cases = [("listen = 0.0.0.0:0\n", "", "without TLS beyond this machine"),
             ("listen = [::]:0\n", "", "without TLS beyond this machine"),
             ("listen = 127.0.0.1:0;10.1.2.3:80\n", "", "'10.1.2.3:80'"),
             ("listen = tls:127.0.0.1:0\n", "", "tls-certificate"),
             ("listen = tls:127.0.0.1:0\ntls-certificate = server.pem\n", "", "tls-key"),
             ("listen = 0.0.0.0:0\ncleartext = anywhere\n", "", None),
             ("listen = localhost:0;[::1]:0;127.9.9.9:0\n", "", None),
             ("", "identities = authority\n", "identities = authority"),
             ("", "identities = authority\npeers = 127.0.0.1\n", "identities = authority"),
             ("", "identities = authority\ntrust-address = yes\n", None),
             ("", "identities = authority\nclient-fingerprint = " + "0" * 64 + "\n", None),
             ("", "client-subject = CN=x\n", "client-ca"),
             ("", "client-fingerprint = 00\n", "client-fingerprint"),
             ("", "users = nobody-of-this-name\n", "no user 'nobody-of-this-name'"),
             ("", "users = @no-group\n", "no group 'no-group'"),
             ("", f"users = {ME};@0\n", None)]
    for keys, source, error in cases:
        folder = tempfile.mkdtemp(dir=world.folder)
        for name in ("server.pem", "server.key"):
            replace(os.path.join(world.folder, name), os.path.join(folder, name))
        bus = Bus(folder, f"[source a]\n{SOURCE}{source}", keys)
        done = run(HUTONG, "check", "-c", bus.config)
        text = done.stdout.decode()
        assert (done.returncode == 0) == (error is None), (keys, source, text)
        assert not error or re.search(r"hutong\.conf:\d+: error: .*" + re.escape(error), text), (keys, source, text)


def another_certificate_is_reloaded(world):
    context = client(world.ours)
    with open(world.bus.config, encoding="utf-8") as file:
        former = file.read()
    before = served(world.bus.tls, context)
    kept = http.client.HTTPSConnection("localhost", world.bus.tls, context=context, timeout=60)
    kept.request("GET", "/in/open?wsdl")
    assert kept.getresponse().read()
    connected = kept.sock

    def reload(text):
        with open(world.bus.config, "w", encoding="utf-8") as file:
            file.write(text)
        return run(HUTONG, "reload", "-c", world.bus.config)

    done = reload(former.replace("tls-key = server.key", "tls-key = police.key"))  # of another certificate
    assert done.returncode == 78 and b"stays as it was" in done.stdout, done.stdout
    assert served(world.bus.tls, context) == before
    third = world.ours.issue("third", "/CN=localhost", "serverAuth", more="subjectAltName=DNS:localhost\n")
    done = reload(former.replace("server.pem", "third.pem").replace("server.key", "third.key"))
    assert done.returncode == 0 and b"[bus] tls-certificate = " in done.stdout, done.stdout
    assert served(world.bus.tls, context) == fingerprint(third[0])
    kept.request("GET", "/in/open?wsdl")
    assert kept.getresponse().status == 200 and kept.sock is connected
    kept.close()
    done = reload(former.replace("observers = 4000000201\n", ""))
    assert done.returncode == 0 and b"[bus] observers = not set (was: 4000000201)" in done.stdout, done.stdout
    assert served(world.bus.tls, context) == before
    assert reload(former).returncode == 0


class Sender(threading.Thread):
    """Sends over one connection until it is told to stop; what becomes of each is kept."""

    def __init__(self, port, context):
        super().__init__()
        self.connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=60) if context else \
            http.client.HTTPConnection("localhost", port, timeout=60)
        self.answers, self.failure, self.stopped = [], None, threading.Event()
        self.connection.connect()
        self.socket = self.connection.sock

    def run(self):
        try:
            with open(XML, "rb") as file:
                body = file.read()
            while not self.stopped.is_set():
                self.connection.request("POST", "/in/open", body, {"Content-Type": "text/xml"})
                answer = self.connection.getresponse()
                answer.read()
                self.answers.append(answer.status)
                assert self.connection.sock is self.socket, "the connection was cut"
        except Exception as error:
            self.failure = error

    def end(self):
        self.stopped.set()
        self.join(60)
        self.connection.close()
        assert self.failure is None and self.answers and set(self.answers) == {200}, (self.failure, self.answers[-3:])


def tls_is_taken_out_and_put_in_under_load(world):
    context = client(world.ours)
    with open(world.bus.config, encoding="utf-8") as file:
        former = file.read()
    without = re.sub(r"(tls-certificate|tls-key) = .*\n", "", former).replace(";tls:127.0.0.1:0", "")

    def reload(text):
        with open(world.bus.config, "w", encoding="utf-8") as file:
            file.write(text)
        done = run(HUTONG, "reload", "-c", world.bus.config)
        assert done.returncode == 0, done.stdout
        return json.loads(run(HUTONG, "status", "--json", "-c", world.bus.config).stdout)["door"]

    senders = [Sender(world.bus.port, None)]
    for _ in range(4):
        senders += [Sender(world.bus.tls, context) for _ in range(2)]
        for sender in senders[-2:] if len(senders) > 3 else senders:
            sender.start()
        door = reload(without)
        assert "tlsPort" not in door and "certificateEnds" not in door, door
        try:
            post(world.bus.tls, "/in/open", context)
            raise AssertionError("somebody came in over TLS")
        except OSError:
            pass
        heard = [len(sender.answers) for sender in senders]
        deadline = time.monotonic() + 60
        while any(len(sender.answers) < count + 2 for sender, count in zip(senders, heard)):
            assert time.monotonic() < deadline and not any(sender.failure for sender in senders), [s.failure for s in senders]
            time.sleep(0.02)
        world.bus.tls = reload(former)["tlsPort"]
        assert post(world.bus.tls, "/in/open", context)[0] == 200
        senders[1].end()  # the last of its daemon or not: whoever stays is served
        del senders[1]
    for sender in senders:
        sender.end()
    assert reload(without.replace("client-ca = ours.pem\n", "").replace("client-subject = CN=hukou,O=Police of Yuexiu\n", ""))["port"]
    world.bus.tls = reload(former)["tlsPort"]


TESTS = [foreign_clients_come_in, older_versions_and_weak_keys_are_refused, the_wrong_door_takes_nothing,
         certificates_say_who_sends, users_of_this_machine_are_known, roles_are_held, a_refusal_midway_is_read,
         endless_handshakes_take_nobodys_place, the_end_is_told, certificates_change_without_a_cut,
         another_authority_counts_for_connections_that_stand,
         another_certificate_is_reloaded, tls_is_taken_out_and_put_in_under_load, what_would_be_open_is_refused]


def main():
    # Not the runner's folder for temporary files, which only its owner may enter: some tests are other users.
    with tempfile.TemporaryDirectory(prefix="hutong-tls-", dir="/tmp") as folder:
        world = World(folder)
        failed = run_tests.run("tls", run_tests.named(TESTS, world))
        world.bus.stop()
    return failed


if __name__ == "__main__":
    sys.exit(main())
