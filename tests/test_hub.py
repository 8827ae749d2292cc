"""A real JupyterHub on this machine: three learners at once, and their cost.

On demand, some minutes: npm install -g configurable-http-proxy, then
uv run --group hub pytest -n 0 -s -m hub tests/test_hub.py
It prints what docs/hub.md plans with. Nothing listens outside 127.0.0.1.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parent.parent
LESSONS = ("00_start_here", "01_hidden_causes")
LEARNERS = ("ada", "ben", "chi")
PROXY = shutil.which("configurable-http-proxy")
MB = 2**20
LIMIT = 2048  # MB for each learner, as docs/hub.md sets it
SETTINGS = """
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{homes}/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 300
c.Spawner.environment = {{"OMP_NUM_THREADS": "1", "COURSE_DATA": "{homes}"}}
c.JupyterHub.services = [{{"name": "teacher", "api_token": "{token}"}}]
c.JupyterHub.load_roles = [{{
    "name": "teacher", "services": ["teacher"],
    "scopes": ["admin:users", "admin:servers", "access:servers",
               "admin:server_state", "tokens"],
}}]
"""

pytestmark = pytest.mark.hub
psutil = pytest.importorskip("psutil", reason="needs the group hub")
pytest.importorskip("jupyterhub", reason="needs the group hub")


def free_ports(count):
    """Return numbers of ports at which nobody listens."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Hub:
    """What a teacher's token may do, by the hub's REST API."""

    def __init__(self, port, token):
        self.address, self.token = f"http://127.0.0.1:{port}", token

    def ask(self, path, method="GET", token=None, **body):
        """Return the answer to a request, read from JSON."""
        request = urllib.request.Request(
            self.address + path,
            method=method,
            headers={"Authorization": f"token {token or self.token}"},
            data=json.dumps(body).encode() if method == "POST" else None,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"{}")

    def log_in(self, name):
        """Start a learner's server; return (its process, its own token)."""
        user = f"/hub/api/users/{name}"
        self.ask(user, "POST")
        token = self.ask(f"{user}/tokens", "POST", note="lessons")["token"]
        self.ask(f"{user}/server", "POST")
        wait(lambda: self.ask(user)["servers"][""]["ready"])
        state = self.ask(user)["servers"][""]["state"]
        return psutil.Process(state["pid"]), token


def wait(is_ready, seconds=300):
    """Wait until something is true; it may raise until then."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if is_ready():
                return
        except (OSError, KeyError):
            pass
        time.sleep(0.5)
    raise TimeoutError(is_ready)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Start a hub; each learner's home has a copy of the notebooks."""
    assert PROXY, "npm install -g configurable-http-proxy"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in LEARNERS:
        shutil.copytree(ROOT / "notebooks", tmp_path / name / "notebooks")
    port, hub_port, proxy_port = free_ports(3)
    hub = Hub(port, secrets.token_hex(16))
    settings = tmp_path / "jupyterhub_config.py"
    settings.write_text(
        SETTINGS.format(
            port=port, hub_port=hub_port, proxy_port=proxy_port, proxy=PROXY,
            python=sys.executable, homes=tmp_path, token=hub.token,
        )
    )  # fmt: skip
    with open(tmp_path / "hub.log", "w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", settings],
            cwd=tmp_path, stdout=log, stderr=log,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        try:
            wait(lambda: hub.ask("/hub/api/")["version"])
            yield hub
        finally:
            process.terminate()  # it stops the servers and its proxy
            process.wait(60)


class Meter(threading.Thread):
    """The largest memory of a process and its children, and their CPU time.

    RSS counts a library for each process that uses it, PSS shares it out.
    """

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.over = process, threading.Event()
        self.rss = self.pss = 0
        self.cpu = {}

    def run(self):
        while not self.over.wait(0.5):
            try:
                tree = [self.process, *self.process.children(recursive=True)]
                memory = [one.memory_full_info() for one in tree]
                times = {one.pid: sum(one.cpu_times()[:2]) for one in tree}
            except psutil.NoSuchProcess:  # it ended while we looked
                continue
            self.rss = max(self.rss, sum(m.rss for m in memory) / MB)
            self.pss = max(self.pss, sum(m.pss for m in memory) / MB)
            self.cpu |= times

    def stop(self):
        """Return what was measured."""
        self.over.set()
        self.join()
        return {"rss": self.rss, "pss": self.pss}


def run_lesson(hub, name, token, lesson):
    """Run every cell of a lesson on a learner's server, as a browser does."""
    from jupyter_kernel_client import JupyterKernelClient

    place = f"/user/{name}/api/contents/notebooks/{lesson}.ipynb"
    notebook = hub.ask(place, token=token)["content"]
    # Outside a browser a hub takes no token from a websocket's address.
    headers = {"Authorization": f"token {token}"}
    kernel = JupyterKernelClient(
        server_url=f"{hub.address}/user/{name}", token=token,
        client_kwargs={"headers": headers},
    )  # fmt: skip
    kernel.start(path="notebooks", timeout=120)
    try:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                source = "".join(cell["source"])
                answer = kernel.execute(source, timeout=900)
                assert answer["status"] == "ok", (name, source, answer)
    finally:
        kernel.stop(shutdown_kernel=True)


def attend(hub, name):
    """Log in and run the lessons; return a row for each."""
    begin = time.monotonic()
    process, token = hub.log_in(name)
    login = time.monotonic() - begin
    rows = []
    for lesson in LESSONS:
        meter, begin = Meter(process), time.monotonic()
        idle = process.memory_info().rss / MB
        before = sum(process.cpu_times()[:2])
        meter.start()
        run_lesson(hub, name, token, lesson)
        seconds = time.monotonic() - begin
        row = {"learner": name, "pid": process.pid, "lesson": lesson[:2]}
        row |= {"login": login, "server": idle, "seconds": seconds}
        row |= meter.stop() | {"cpu": sum(meter.cpu.values()) - before}
        rows.append(row)
    return rows


@pytest.mark.parametrize("count", [1, 3])
def test_learners_run_their_lessons_at_once(hub, count):
    with ThreadPoolExecutor(count) as pool:
        rows = pool.map(lambda name: attend(hub, name), LEARNERS[:count])
        table = pd.DataFrame([row for learner in rows for row in learner])
    print(f"\n{table.drop(columns='pid').round(0).to_string(index=False)}")
    assert table["pid"].nunique() == count
    assert len(table) == count * len(LESSONS)
    assert table["rss"].max() < LIMIT
    assert not (set(LEARNERS[count:]) & set(table["learner"]))


def test_a_learner_cannot_reach_the_server_of_another(hub):
    _, token = hub.log_in("ada")
    hub.log_in("ben")
    assert hub.ask("/user/ada/api/kernels", token=token) == []
    with pytest.raises(urllib.error.HTTPError, match="403|404"):
        hub.ask("/user/ben/api/kernels", token=token)
