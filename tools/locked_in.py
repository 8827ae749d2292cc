"""Run a notebook that nobody has read: locked in, watched, and in a copy.

`run` is what tools/grade.py calls. What a lock holds back stands in LOCKS;
the strongest that works on this machine is taken.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
from catalogue import ROOT
from nbclient import NotebookClient
from traitlets.config import Config

PROCESSES = 64  # at the same time, of one run
CELL_PART = 4  # a cell may take this part of all the time
LARGEST_FILE = 2**30  # bytes that a run may write into one file
LARGEST_FOLDER = 500 * 2**20  # bytes that are copied
CODE = {".py", ".pyc", ".pyd", ".so", ".dll", ".pth"}  # could pose as ours
KEPT = "PATH LANG LC_ALL SYSTEMROOT OMP_NUM_THREADS".split()
LOCKS = {
    "bwrap": "No network. Nothing but the copy can be written; the home "
    "folder and the other submissions are out of sight (bubblewrap).",
    "unshare": "No network, and no process outlives its run (unshare). FILES "
    "OF YOUR ACCOUNT CAN BE READ, CHANGED AND DELETED: install bubblewrap, "
    "or use a container.",
    "": "ONLY PYTHON'S OWN CONNECTIONS ARE REFUSED: other programs reach the "
    "network, and files of your account can be read, changed and deleted. "
    "Use a container.",
}


def lock(folder, hidden):
    """Return the name of the strongest lock, and how its command begins.

    folder: the only one that can be written. hidden: one not to be seen.
    """
    shown = [ROOT, sys.prefix, sys.base_prefix, *data_folder().values()]
    begins = {
        "bwrap": [
            *("bwrap", "--ro-bind", "/", "/", "--dev", "/dev"),
            *("--proc", "/proc", "--tmpfs", Path.home()),
            *("--tmpfs", tempfile.gettempdir()),
            *(word for p in shown for word in ("--ro-bind-try", p, p)),
            *("--tmpfs", hidden, "--bind", folder, folder),
            *("--unshare-all", "--die-with-parent", "--new-session"),
            *("--cap-drop", "ALL"),
        ],
        "unshare": [
            *("unshare", "--map-root-user", "--net", "--mount", "--pid"),
            *("--fork", "--kill-child", "--mount-proc"),
        ],
    }
    for name, words in begins.items():
        begin = list(map(str, words))
        tried = [*begin, "true"]
        if shutil.which(name):
            if not subprocess.run(tried, capture_output=True).returncode:
                return name, begin
    return "", []


def run(notebook, folder, files, hidden, minutes, gigabytes):
    """Run a notebook in an empty folder; return the facts.

    run.ipynb and progress.json are in the folder then. files: a folder of
    which a copy is the working folder, or None. hidden: a folder that the
    notebook must not see. The facts: how it ended, minutes by the clock and
    of processors, and the highest memory in GB.
    """
    (folder / "home").mkdir()
    copy_data(files, folder / "work")
    nbformat.write(notebook, folder / "run.ipynb")
    begun, cell_seconds = time.monotonic(), str(minutes * 60 / CELL_PART)
    _, begin = lock(folder, hidden)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*begin, sys.executable, __file__, folder, cell_seconds],
            cwd=folder / "work",
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        ended, peak, cpu = watch(process, minutes, gigabytes)
        said.seek(max(0, said.tell() - 2000))
        lines = said.read().decode("utf-8", "replace").splitlines()
    if process.returncode and not ended:
        ended = f"broke off: {lines[-1] if lines else 'no reason'}"[:120]
    return {
        "ended": ended or "finished",
        "minutes": round((time.monotonic() - begun) / 60, 2),
        "cpu_minutes": round(cpu / 60, 2),
        "peak_gb": round(peak / 2**30, 2),
    }


def copy_data(files, folder):
    """Copy a folder without code, links, hidden and special files."""

    def is_left_out(path):
        return (
            path.is_symlink()
            or not (path.is_dir() or path.is_file())
            or path.suffix in CODE
            or path.name.startswith((".", "course_utils"))
        )

    def left_out(place, names):
        return [name for name in names if is_left_out(Path(place, name))]

    if files is None:
        return folder.mkdir()
    paths = [p for p in files.rglob("*") if not p.is_symlink()]
    if sum(p.stat().st_size for p in paths) > LARGEST_FOLDER:
        raise ValueError("the folder is larger than 500 MB")
    shutil.copytree(files, folder, ignore=left_out)


def environment(folder):
    """Return the variables of a run: a home of its own, and no secrets."""
    home = dict.fromkeys(
        ("HOME", "USERPROFILE", "TMPDIR", "TEMP"), str(folder / "home")
    )
    paths = map(str, (ROOT / "tests" / "no_network", ROOT))
    return {k: os.environ[k] for k in KEPT if k in os.environ} | {
        **home,
        **data_folder(),
        "COURSE_DEVICE": "cpu",
        "COURSE_PROGRESS": str(folder / "progress.json"),
        "JUPYTER_RUNTIME_DIR": str(folder / "sockets"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(paths),
    }


def data_folder():
    """Return {"COURSE_DATA": its absolute path}, empty if it is not set."""
    if name := os.environ.get("COURSE_DATA"):
        return {"COURSE_DATA": str(Path(name).expanduser().resolve())}
    return {}


def watch(process, minutes, gigabytes):
    """Wait, end all its processes at a limit.

    Returns why it was ended (or ""), its most bytes of memory, and the
    seconds that processors worked for it.
    """
    seen, peak, begun, why = {}, 0, time.monotonic(), ""
    try:
        while process.poll() is None and not why:
            with contextlib.suppress(psutil.Error):
                parent = psutil.Process(process.pid)
                for one in [parent, *parent.children(recursive=True)]:
                    seen.setdefault(one, 0)
            used = []
            for one in seen:
                with contextlib.suppress(psutil.Error):
                    used.append(one.memory_info().rss)
                    seen[one] = sum(one.cpu_times()[:2])
            peak = max(peak, sum(used))
            if sum(used) > gigabytes * 2**30:
                why = f"stopped: more than {gigabytes:g} GB of memory"
            elif len(used) > PROCESSES:
                why = f"stopped: more than {PROCESSES} processes"
            elif time.monotonic() - begun > minutes * 60:
                why = f"stopped after {minutes:g} minutes"
            time.sleep(0.2)
    finally:
        for one in seen:
            with contextlib.suppress(psutil.Error):
                one.kill()
        process.wait()
    return why, peak, sum(seen.values())


def inside(folder, cell_seconds):
    """Run run.ipynb, in the process that is locked in.

    A cell that takes longer is interrupted, and the next one runs. The file
    is written after each cell: something is there if the rest is cut off.
    """
    with contextlib.suppress(ImportError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path = folder / "run.ipynb"
    notebook = nbformat.read(path, as_version=4)

    def keep(**_):
        nbformat.write(notebook, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    # Sockets that are files reach a kernel without any network.
    transport = "ipc" if sys.platform == "linux" else "tcp"
    NotebookClient(
        notebook,
        allow_errors=True,
        coalesce_streams=True,
        config=Config(KernelManager={"transport": transport}),
        interrupt_on_timeout=True,
        kernel_name="python3",
        on_cell_executed=keep,
        timeout=max(1, int(cell_seconds)),
    ).execute()


if __name__ == "__main__":
    inside(Path(sys.argv[1]), float(sys.argv[2]))
