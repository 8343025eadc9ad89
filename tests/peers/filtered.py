"""Run a program under the system call filter of one of our units, as systemd would: `python filtered.py UNIT PROGRAM…`.

The sets (@system-service…) are asked of `systemd-analyze`, the filter is loaded by libseccomp; what is not allowed
fails with the unit's SystemCallErrorNumber. https://www.freedesktop.org/software/systemd/man/252/systemd.exec.html
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import subprocess
import sys
from pathlib import Path

__all__ = ["allowed"]

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NO_NEW_PRIVS = 38


def allowed(unit: str) -> set[str]:
    """Return the system calls that the unit's SystemCallFilter lines leave: the first allows, `~` takes away."""
    calls: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.MULTILINE):
        named = set().union(*(_of(word) for word in line.lstrip("~").split()))
        calls = calls - named if line.startswith("~") else calls | named
    return calls | _of("@default")


def _of(word: str) -> set[str]:
    if not word.startswith("@"):
        return {word}
    said = subprocess.run(
        ["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True, timeout=20
    ).stdout
    lines = [line.strip() for line in said.splitlines()[1:]]
    return set().union(*(_of(line) for line in lines if line and not line.startswith("#")))


def _load(calls: set[str], number: int) -> None:
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = (ctypes.c_uint32,)
    library.seccomp_rule_add.argtypes = (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint)
    library.seccomp_load.argtypes = (ctypes.c_void_p,)
    ctypes.CDLL(None).prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    filter_ = library.seccomp_init(_ERRNO | number)
    for call in sorted(calls):
        which = library.seccomp_syscall_resolve_name(call.encode())
        if which >= 0 and library.seccomp_rule_add(filter_, _ALLOW, which, 0):
            raise OSError(f"{call} cannot be put into the filter")
    if library.seccomp_load(filter_):
        raise OSError("the filter cannot be loaded")


def main() -> None:
    """Put oneself under the filter, then become the program."""
    unit = Path(sys.argv[1]).read_text(encoding="utf-8")
    name = re.search(r"^SystemCallErrorNumber=(\w+)$", unit, re.MULTILINE)
    _load(allowed(unit), getattr(errno, name[1]) if name else errno.EPERM)
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
