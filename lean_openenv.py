"""Imports openenv without its web page, which clients and most servers do not need, until somebody asks for it.

    import synth_audit_env                     # from here on
    import openenv.core                        # without Gradio and pandas
    openenv.core.create_web_interface_app      # and now with them

openenv imports its page along with the first thing that is asked of it, a client's included. Gradio and pandas come
with it, which take longer to import than all the rest, and nearly as much memory. It goes on where they are not
installed, so it is told here that its page is not there. Where openenv has been imported before this package, nothing
changes.
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


class _Loader(SourceFileLoader):
    """Runs the package's code as if the page's module were not there."""

    def exec_module(self, module: ModuleType) -> None:
        if PAGE in sys.modules:  # somebody has it already
            super().exec_module(module)
            return
        sys.modules[PAGE] = None  # type: ignore[assignment]  # Python's own way to say so
        try:
            super().exec_module(module)
        finally:
            del sys.modules[PAGE]
        for name in OF_THE_PAGE:
            if getattr(module, name, self) is None:  # as openenv puts it
                delattr(module, name)
                module.__all__.remove(name)  # or `import *` would ask for it
        vars(module)["__getattr__"] = _ask_the_page


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
