"""A real bus for tests in Python: run by an ordinary user where that can be done, sent bytes as they are, and looked at from outside: its
answers, its memory, everything that it wrote. Not a program of its own."""
import json
import os
import re
import socket
import stat
import subprocess
import time

HUTONG, SRCDIR = os.environ["HUTONG"], os.environ["HUTONG_SRCDIR"]
ORDINARY = 65534
SLOWER = 10 if os.environ.get("HUTONG_SANITIZED") else 1
TIMEOUT = 30 * SLOWER


def others_reach(path):
    """Whether every folder above it may be entered by all."""
    folder = os.path.dirname(os.path.abspath(path))
    return os.stat(folder).st_mode & stat.S_IXOTH != 0 and (folder == "/" or others_reach(folder))


def ordinary_user(folder):
    """For Popen: started by root, the bus is somebody who may nothing, where he can run the build; the folder goes to him."""
    if os.geteuid() != 0 or not all(others_reach(path) for path in (HUTONG, os.path.join(os.environ["HUTONG_LIBEXECDIR"], "hutong-host"))):
        return {}
    above = os.path.dirname(folder)
    if not os.stat(above).st_mode & stat.S_IRWXO:
        os.chmod(above, 0o711)  # this test's own; never one that others have
    for path in (folder, *(os.path.join(folder, name) for name in os.listdir(folder))):
        os.chown(path, ORDINARY, ORDINARY)
    return {"user": ORDINARY, "group": ORDINARY, "extra_groups": []}


class Answer:
    """What came back on a connection: all of it, and the statuses of the answers in it."""

    def __init__(self, raw):
        self.raw = raw
        self.statuses = [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", raw) if found != b"100"]
        self.status = self.statuses[0] if self.statuses else 0
        self.body = raw.partition(b"\r\n\r\n")[2]

    @property
    def code(self):
        """The code of the fault: of the detail, else the envelope's; "" when there is none."""
        for pattern in (rb"<(?:hutong:)?code>([^<]*)<", rb'"code":"([^"]*)"', rb"<soap:Subcode><soap:Value[^>]*>hutong:([^<]*)<",
                        rb"<faultcode>([^<]*)<"):
            found = re.search(pattern, self.body)
            if found:
                return found.group(1).decode()
        return ""


class RunningBus:
    def __init__(self, folder, sections, keys=""):
        self.folder, self.process, self.port = folder, None, 0
        self.config, self.log = os.path.join(folder, "hutong.conf"), os.path.join(folder, "bus.log")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"[bus]\nname = yuexiu\nlisten = 127.0.0.1:0\nadapter-check = off\n{keys}{sections}")

    def start(self):
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([HUTONG, "run", "-c", self.config], stderr=log, **ordinary_user(self.folder))
        for _ in range(600):
            if os.path.exists(os.path.join(self.folder, "run/admin.sock")):
                status = self.status()
                if status and status["state"] == "ready":
                    self.port = status["door"]["port"]
                    return
            assert self.process.poll() is None, self.said()
            time.sleep(0.05)
        raise AssertionError("the bus did not start: " + self.said())

    def stop(self):
        self.process.terminate()
        return self.process.wait(60)

    def said(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def connect_to_admin(self):
        admin = socket.socket(socket.AF_UNIX)
        admin.settimeout(TIMEOUT)
        admin.connect(os.path.join(self.folder, "run/admin.sock"))
        return admin

    def page(self, name):
        """A page of the admin socket, as bytes; b"" when nobody answers."""
        try:
            with self.connect_to_admin() as admin:
                admin.sendall(f"GET {name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                return read_all(admin).partition(b"\r\n\r\n")[2]
        except OSError:
            return b""

    def status(self):
        page = self.page("/status")
        return json.loads(page) if page else None

    def source(self, name):
        return next(source for source in self.status()["sources"] if source["name"] == name)

    def wait(self, what, holds):
        for _ in range(TIMEOUT * 20):
            if holds(self.status()):
                return
            time.sleep(0.05)
        raise AssertionError(f"{what} does not happen: {self.page('/status')}")

    def send(self, *pieces, end=False, admin=False):
        """Everything that comes back until the bus closes the connection, of the public door or the admin socket. A number among the pieces is a
        pause, in seconds; `end`: ours is closed for sending behind them."""
        with self.connect_to_admin() if admin else socket.create_connection(("127.0.0.1", self.port), TIMEOUT) as connection:
            try:
                for piece in pieces:
                    if isinstance(piece, bytes):
                        connection.sendall(piece)
                    else:
                        time.sleep(piece)
                if end:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it was refused before its end
            return Answer(read_all(connection))

    def post(self, path, body, content_type="text/xml", headers=()):
        head = [b"POST " + path + b" HTTP/1.1", b"Host: bus", b"Connection: close", b"Content-Length: %d" % len(body), *headers]
        if content_type is not None:
            head.append(b"Content-Type: " + content_type.encode("latin-1"))
        return self.send(b"\r\n".join(head) + b"\r\n\r\n" + body)


def read_all(connection):
    parts = []
    try:
        while part := connection.recv(1 << 20):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def peak_mib(pid):
    """The most memory that a process has had so far."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) / 1024


def forget_peak(pid):
    """Makes what a process has now its peak, where that is allowed; its peak then."""
    try:
        with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except PermissionError:
        pass  # not ours to say: its process shows nothing to its own user either
    return peak_mib(pid)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def files_below(folder):
    """(path, bytes) of every file; one that goes meanwhile is left out."""
    for above, _, names in os.walk(folder):
        for path in (os.path.join(above, name) for name in names):
            try:
                if stat.S_ISREG(os.lstat(path).st_mode):
                    with open(path, "rb") as file:
                        yield path, file.read()
            except FileNotFoundError:
                pass
