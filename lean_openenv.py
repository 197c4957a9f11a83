"""Runs the code of openenv's packages only when something of theirs is asked for, and without Gradio.

    import synth_audit_env                                # from here on
    from openenv.core.env_server.types import Action      # openenv's own class, and next to nothing else is imported
    from openenv.core import EnvClient                    # runs the packages' code, without Gradio and pandas

Whatever module of openenv is imported, Python first runs the `__init__` of its packages, which import the whole server:
FastAPI, FastMCP, and openenv's page with Gradio and pandas. A client needs none of it, and a server no such page:
a client is imported in about a tenth of the time and with less than a third of the memory, a server in about a third
of the time.
To import openenv's inner modules saves nothing, since Python runs the packages first. Nothing would be needed here if
openenv's two `__init__` files exported their names lazily (PEP 562).

So a package is at first only a place where its modules are found. Its `__init__` runs when it is asked for a name that
it does not have, and is told that there is no page, which openenv is prepared for: its two names are None then, as on
a machine without Gradio. Whoever wants the page imports its own module, `openenv.core.env_server.web_interface`.

It was tested with the releases of openenv that TESTED names. Any other release is imported as it is, and so is one that
was imported before this package.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

TESTED = ("0.10.0",)
PACKAGES = ("openenv.core", SERVER := "openenv.core.env_server")
PAGE = f"{SERVER}.web_interface"
CODE = ".__init__"
"""Under this name Python's import system knows the code of a package as a module of its own."""


class _Package(ModuleType):
    """A package whose code has not run."""

    def __getattr__(self, name: str) -> Any:
        if name == "__all__" or not name.startswith("__"):  # who looks for marks in all modules asks for nothing
            # An import and not a call, since threads then wait for each other as in every import. The statement's own
            # function, which lets circular imports go on with what is there.
            __import__(self.__name__ + CODE)
        return ModuleType.__getattribute__(self, name)

    def __dir__(self) -> Iterable[str]:
        self.__getattr__("__all__")
        return ModuleType.__dir__(self)


class _Loader(SourceFileLoader):
    """Loads a package without its code, or its code into the package."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return _Package(spec.name) if spec.name in PACKAGES else None

    def exec_module(self, module: ModuleType) -> None:
        if isinstance(module, _Package):
            return
        package = sys.modules[module.__name__.removesuffix(CODE)]
        without_the_page = package.__name__ == SERVER and PAGE not in sys.modules
        if without_the_page:
            # Python's own way to say that a module is not there. It says so to all threads: one that imports the page
            # in this very moment, which takes a part of a second, is told so as well.
            sys.modules[PAGE] = None  # type: ignore[assignment]
        try:
            exec(self.get_code(module.__name__), vars(package))  # type: ignore[arg-type]  # Python's own loader does so
        finally:
            if without_the_page:
                del sys.modules[PAGE]
        package.__class__ = ModuleType


class _Finder:
    """Finds the packages and their code where they are, and gives them the loader above."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """What `sys.meta_path` is asked for every module; None leaves it to the others."""
        if name.removesuffix(CODE) not in PACKAGES or getattr(sys.modules["openenv"], "__version__", "") not in TESTED:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def run_on_demand() -> None:
    """Have it so in this process. A second call does nothing."""
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
