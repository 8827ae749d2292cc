"""A web server on this machine to fetch from, a folder that is read-only."""

import contextlib
import os
import socket
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
