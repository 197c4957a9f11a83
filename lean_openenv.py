"""Imports openenv without its web page, which clients and most servers do not need, until somebody asks for it.

    import synth_audit_env                     # from here on
    import openenv.core                        # without Gradio and pandas
    openenv.core.create_web_interface_app      # and now with them

openenv imports its page along with the first thing that is asked of it, a client's included. Gradio and pandas come
with it, which take longer to import than all the rest, and nearly as much memory. It goes on where they are not
installed, so it is told here that its page is not there. Where openenv has been imported before this package, and where
it cannot be imported so, nothing changes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

PACKAGE = "openenv.core.env_server"
PAGE = f"{PACKAGE}.web_interface"
OF_THE_PAGE = ("create_web_interface_app", "WebInterfaceManager")
"""What the package takes from the page's module, to offer it as its own."""
OPENENV = "openenv."
"""How the names of all its modules begin."""


class _Loader(SourceFileLoader):
    """Runs the package's code as if the page's module were not there, or as it is where that does not go well."""

    def exec_module(self, module: ModuleType) -> None:
        if PAGE in sys.modules:  # somebody has it already
            super().exec_module(module)
            return
        before = set(sys.modules)
        if not self._goes_well_without_the_page(module):
            for name in set(sys.modules) - before:
                if name.startswith(OPENENV):  # it may have taken note that there is no page
                    del sys.modules[name]
            super().exec_module(module)

    def _goes_well_without_the_page(self, module: ModuleType) -> bool:
        # Python's own way to say that a module is not there. It says so to all threads: one that imports the page in
        # this very moment, which takes a part of a second, is told so as well.
        sys.modules[PAGE] = None  # type: ignore[assignment]
        try:
            super().exec_module(module)
        except Exception:  # noqa: BLE001  # what is not our doing comes again where it is run as it is
            return False
        finally:
            sys.modules.pop(PAGE, None)
        names = vars(module)
        missing = [name for name in OF_THE_PAGE if names.get(name, self) is None]  # as openenv puts it
        if not missing:
            return True
        if names.setdefault("__getattr__", _ask_the_page) is not _ask_the_page:
            return False
        for name in missing:
            del names[name]
        if "__all__" in names:  # or `import *` would ask for them
            names["__all__"] = type(names["__all__"])(name for name in names["__all__"] if name not in missing)
        return True


def _ask_the_page(name: str) -> Any:
    if name in OF_THE_PAGE:
        return getattr(import_module(PAGE), name)
    raise AttributeError(f"module {PACKAGE!r} has no attribute {name!r}")


class _Finder:
    """Finds the package where it is, and gives it the loader above."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """What `sys.meta_path` is asked for every module; None leaves it to the others."""
        if name != PACKAGE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def leave_out_the_page() -> None:
    """Have it so in this process. A second call does nothing."""
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
