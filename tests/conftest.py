"""A web server on this machine, a read-only folder, a small disk."""

import contextlib
import os
import shutil
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Served(dict):
    """What the server answers: {name: (status, body, headers)}."""

    address = ""


@pytest.fixture
def server(monkeypatch):
    """Serve {name: (status, body, headers)} from this machine."""
    served = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body, headers = served[self.path[1:]]
            self.send_response(status)
            headers = {"Content-Length": str(len(body))} | headers
            for header in headers.items():
                self.send_header(*header)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=web.serve_forever, args=(0.01,))
    thread.start()
    served.address = f"http://127.0.0.1:{web.server_port}/"
    yield served
    web.shutdown()
    web.server_close()
    thread.join()


def free_address():
    """Return an address at which nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


@pytest.fixture
def nobody_listens(monkeypatch):
    """Return an address at which nobody answers."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return free_address()


@pytest.fixture
def read_only():
    """Return a context in which nobody may write to a folder."""
    return no_writing


@contextlib.contextmanager
def no_writing(folder):
    """Let nobody write to the folder, the superuser included."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    folder.chmod(0o555)
    try:
        if root:
            os.seteuid(65534)
        list(folder.iterdir())
    except OSError:
        os.seteuid(0) if root else None
        pytest.skip("this machine lets nobody give up root")
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.fixture(params=["disk", "quota"])
def small_disk(request, tmp_path):
    """Return a folder that takes 1 MB: a file system, or one file's limit."""
    folder = tmp_path / "small"
    folder.mkdir()
    room = mounted if request.param == "disk" else limited
    with room(folder, 2**20):
        yield folder


@contextlib.contextmanager
def mounted(folder, size):
    """Lay an empty file system of that many bytes over a folder."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    if not shutil.which("mount"):
        pytest.skip("file systems cannot be mounted here")
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"only root may mount: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@contextlib.contextmanager
def limited(folder, size):
    """Let no file of this process grow beyond that many bytes."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
