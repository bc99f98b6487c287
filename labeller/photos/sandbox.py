"""Locks a process in that decodes a file from outside: no files, no network, no children, no new rights.

It keeps what it has open and what memory it may take. What the system does not have is left out: limits are
everywhere, `no_new_privs` is Linux', seccomp needs libseccomp. Threads are possible, since the decoder of
HEIC starts one; so without seccomp a child might start processes, locked in as it is itself.
"""

import ctypes
import errno
import itertools
import os
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
ALLOWED = (
    "read", "readv", "write", "writev", "recvfrom", "recvmsg", "sendto", "sendmsg", "close", "fstat", "lseek",
    "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "futex", "membarrier", "rseq", "sched_yield",
    "set_robust_list", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall",
    "clock_gettime", "clock_getres", "gettimeofday", "nanosleep", "clock_nanosleep", "getrandom",
    "getpid", "gettid", "sched_getaffinity", "getrlimit", "exit", "exit_group",
)  # fmt: skip
"""Calls of the system that decoding, and answering over an open connection, need."""
CLONE_THREAD = 0x10000


def guards() -> list[str]:
    """What this system has of it, as `flask config` names it."""
    linux = sys.platform == "linux"
    return ["limits", *(["no_new_privs"] if linux else []), *(["seccomp"] if _seccomp() is not None else [])]


def load() -> None:
    """Before the process is locked in: what it needs for that."""
    _seccomp()
    _libc()


@dataclass(frozen=True)
class Limits:
    """Seconds of time, bytes of addresses, and seconds of the processor."""

    seconds: int
    memory: int
    cpu_seconds: int


def lock_in(kept: Sequence[int], limits: Limits) -> None:
    """From here on the process has the open files `kept` alone, and keeps to the limits."""
    edges = [-1, *sorted(kept), os.sysconf("SC_OPEN_MAX")]
    for before, after in itertools.pairwise(edges):
        os.closerange(before + 1, after)
    signal.alarm(limits.seconds)  # SIGALRM ends the process even within C code
    resources = {"CORE": 0, "FSIZE": 0, "NOFILE": 0, "CPU": limits.cpu_seconds}
    if sys.platform == "linux":  # macOS accepts the call and ignores the limit
        resources["AS"] = limits.memory
        _libc().prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        _libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for name, limit in resources.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))
    if (seccomp := _seccomp()) is not None:
        _allow_few_calls(seccomp)


def _allow_few_calls(seccomp: Any) -> None:
    """All other calls of the system fail from here on."""
    calls = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for name in ALLOWED:
        if seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) >= 0:  # else not of this processor
            calls.add_rule(seccomp.ALLOW, name)
    # Threads, no processes. The arguments of clone3 cannot be looked at: without it libc takes clone.
    calls.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, CLONE_THREAD, CLONE_THREAD))
    calls.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    calls.load()


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _seccomp() -> Any:
    """The library's module; None where the system has no libseccomp."""
    if sys.platform != "linux":
        return None
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError):
        return None
    return pyseccomp
