"""A web server on this machine, for loaders to fetch from."""

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


@pytest.fixture
def nobody_listens(monkeypatch):
    """Return an address at which nobody answers."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"
