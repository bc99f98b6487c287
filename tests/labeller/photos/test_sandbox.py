"""What a decoder that was taken over can do: nothing but answer."""

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from labeller.photos import decode, forker, sandbox
from tests.pictures import jpeg, portrait
from tests.workbench_process import ROOT, wait_until

DECODER = "labeller.photos.decoder_process"
PROGRAM = """
import ctypes, json, os, resource, signal, socket, sys, threading
from labeller.photos import sandbox

def write(path):
    with open(path, "w") as file:
        file.write("x")

def raise_limit():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    open("/etc/passwd")

def thread():
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()

libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)

outside = os.open("/etc/passwd", os.O_RDONLY)
attempts = {
    "read a file": lambda: open("/etc/passwd"),
    "write a file": lambda: write(sys.argv[1]),
    "read what was open": lambda: os.read(outside, 1),
    "open a socket": lambda: socket.socket(socket.AF_INET),
    "fork": lambda: os.fork() or os._exit(0),
    "start a program": lambda: os.execv("/bin/true", ["true"]),
    "signal its parent": lambda: os.kill(os.getppid(), 0),
    "trace its parent": lambda: call("ptrace", 16, os.getppid(), 0, 0),
    "rename a file": lambda: os.rename(sys.argv[1] + ".old", sys.argv[1] + ".new"),
    "raise a limit": raise_limit,
    "start a thread": thread,
}
if sys.argv[2] == "without seccomp":
    sandbox._seccomp = lambda: None
    attempts = dict(list(attempts.items())[:4])
sandbox.load()
for name, attempt in attempts.items():
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        sandbox.lock_in((theirs.fileno(),), sandbox.Limits(5, 1 << 30, 5))
        try:
            attempt()
            theirs.sendall(b"it worked")
        except BaseException as error:
            theirs.sendall(type(error).__name__.encode())
        os._exit(0)
    theirs.close()
    print(json.dumps([name, ours.recv(100).decode()]))
    os.wait()
"""


def outcomes(folder: Path, how: str) -> dict[str, str]:
    """By attempt of a locked-in process: the error, or that it worked."""
    (folder / "file.old").write_text("mine")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder / "file"), how],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(json.loads(line) for line in done.stdout.splitlines())


def test_a_locked_in_process_can_do_nothing_but_answer(tmp_path: Path) -> None:
    assert sandbox.guards()[-1] == "seccomp" or sys.platform != "linux", "this system has no libseccomp"
    results = outcomes(tmp_path, "with all" if "seccomp" in sandbox.guards() else "without seccomp")
    assert results.pop("start a thread", "it worked") == "it worked", "the decoder of HEIC starts one"
    assert set(results.values()) <= {"OSError", "PermissionError", "ValueError"}, results
    assert (tmp_path / "file.old").exists()


def test_without_seccomp_there_are_no_files_and_no_network_still(tmp_path: Path) -> None:
    assert set(outcomes(tmp_path, "without seccomp").values()) == {"OSError"}


@pytest.mark.slow
def test_the_decoders_have_no_environment_and_are_locked_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret")
    monkeypatch.setattr(decode, "_forker", forker.Forker("labeller.photos.decoder_process"))
    decode.decode(jpeg(portrait(1, True)), 50)
    program = max(_programs(), key=psutil.Process.create_time)
    assert set(program.environ()) <= {*forker.PYTHON_NEEDS, "LC_CTYPE"}
    wait_until(lambda: not program.children(), 30, "the child that decoded has ended", every=0.01)
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            decode._forker.hand_over(theirs.fileno())
        child = wait_until(lambda: _locked_in(program), 30, "the child is locked in", every=0.01)
        assert _says(child, "NoNewPrivs:\t1")
        assert child.num_fds() == 1


def _programs() -> Iterator[psutil.Process]:
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error):  # one that has ended
            if DECODER in process.cmdline():
                yield process


def _locked_in(program: psutil.Process) -> psutil.Process | None:
    """The only child of the program, once it is locked in."""
    children = program.children()
    return children[0] if len(children) == 1 and _says(children[0], "Seccomp:\t2") else None


def _says(process: psutil.Process, line: str) -> bool:
    try:
        return line in Path(f"/proc/{process.pid}/status").read_text()
    except OSError:  # an earlier child, which has just ended
        return False
