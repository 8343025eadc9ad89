"""Does every module of ours import alone? `python tests/alone.py MODULE…` prints those that do not, and why.

One interpreter for all would hide a module that leans on another's import, and a fresh one for each takes minutes. So
first all are imported by a child that writes down which module imports which while it is being imported. Then they are
imported in the order of their needs, each when nothing of ours is loaded but what it needs itself: whatever else is
there is hidden meanwhile. So each is executed once, and finds what it would find if it were the first. Modules that
need each other (a package and what it gathers) are each the first of theirs in a child of its own: there the order
counts. What is not ours is loaded beforehand, in all of them.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

PACKAGES = ("gateway", "signalling", "booth_client", "certs_example")


def ours() -> set[str]:
    return {name for name in sys.modules if name.split(".")[0] in PACKAGES}


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()  # a fork would say it again


def went_well(act: Callable[[], object]) -> bool:
    """Say whether *act* did not fail; what did prints why."""
    try:
        act()
    except BaseException as error:  # noqa: BLE001  told
        say(repr(error))
        return False
    return True


def went_well_in_a_child(act: Callable[[], object]) -> bool:
    """Say the same of *act* in a fork of this program."""
    child = os.fork()
    if child == 0:
        os._exit(0 if went_well(act) else 1)
    return os.waitpid(child, 0)[1] == 0


def ancestors(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts)))


def look(names: list[str], found: Any) -> None:
    """Import everything; write down what is not ours, and which module of ours imports which."""
    imports: dict[str, set[str]] = {name: set(ancestors(name)) for name in names}
    real = builtins.__import__

    def noting(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> ModuleType:  # noqa: A002  Python's own
        module = real(name, globals, locals, fromlist, level)
        importer = (globals or {}).get("__name__")
        if importer in imports:
            imports[importer].update((name, *ancestors(name), *(f"{name}.{each}" for each in fromlist or ())))
        return module

    builtins.__import__ = noting
    for name in names:
        try:
            importlib.import_module(name)
        except BaseException:
            say(f"{name} cannot be imported")
            raise
    known = {name: sorted(needed & imports.keys() - {name}) for name, needed in imports.items()}
    json.dump({"foreign": [name for name in sys.modules if name not in ours()], "imports": known}, found)
    found.flush()


def reached(name: str, imports: dict[str, list[str]]) -> set[str]:
    """Return all that is imported when *name* is, itself included."""
    found, waiting = {name}, [name]
    while waiting:
        fresh = set(imports[waiting.pop()]) - found
        found |= fresh
        waiting += fresh
    return found


@contextlib.contextmanager
def alone_with(needs: set[str]) -> Iterator[None]:
    """Hide all modules of ours but *needs*, in their packages too."""
    hidden = {name: sys.modules.pop(name) for name in ours() - needs}
    held = [(sys.modules[parent], child, module) for parent, child, module in _in_packages(hidden)]
    for package, child, _ in held:
        delattr(package, child)
    yield
    sys.modules.update(hidden)
    for package, child, module in held:
        setattr(package, child, module)


def _in_packages(hidden: dict[str, ModuleType]) -> Iterator[tuple[str, str, ModuleType]]:
    for name, module in hidden.items():
        parent, _, child = name.rpartition(".")
        if parent in sys.modules and getattr(sys.modules[parent], child, None) is module:
            yield parent, child, module


def import_alone(name: str, needs: set[str]) -> None:
    importlib.import_module(name)
    if other := ours() - needs:
        raise ImportError(f"it imports more than was seen before: {', '.join(sorted(other))}")


def main(names: list[str]) -> None:
    with tempfile.TemporaryFile("w+") as found:
        if not went_well_in_a_child(partial(look, names, found)):
            return
        found.seek(0)
        seen = json.load(found)
    for name in seen["foreign"]:
        with contextlib.suppress(ImportError):  # a name that its package gives to another module
            importlib.import_module(name)
    assert not ours()
    gc.freeze()
    needs = {name: reached(name, seen["imports"]) for name in names}
    for name in sorted(names, key=lambda each: len(needs[each])):
        knot = {other for other in needs[name] if name in needs[other]}
        tried = went_well if knot == {name} else went_well_in_a_child
        with alone_with(needs[name] - knot):
            if not tried(partial(import_alone, name, needs[name])):
                say(f"{name} does not import alone")
        importlib.import_module(name)


if __name__ == "__main__":
    main(sys.argv[1:])
