"""Imports point one way (DESIGN 3): each room imports only the rooms below it, and no modules import in a circle.

A room is a folder, or one of the files at the root. The files of `server/` itself are the room "environment", but for
`app.py`: that is the program behind the script `server`, which wires everything, so it may import auditors to play for
the page, as other programs do. Nothing that it wires may. An import counts wherever it stands: in a function or for a
type checker as well.
"""

import ast
import subprocess
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "synth_audit_env"

ON_DEMAND = "client"
"""The module behind the names that the package itself gives when they are asked for."""

RECORDS = {"error_types", "fault_types", "tool_records"}
CONTRACT = RECORDS | {"models", "episode_line"}
WORLD = CONTRACT | {"server.world"}
AUDIT = WORLD | {"server.audit"}
ENVIRONMENT = AUDIT | {"server.llm_actor", "environment"}
AGENTS = CONTRACT | {"chat", "agents"}
ROLLOUTS = AGENTS | {"client", "rollouts"}
COMPARISON = ROLLOUTS | ENVIRONMENT | {"comparison"}
MEASUREMENT = COMPARISON | {"server.serving", "server.application", "validation"}
PROGRAMS = COMPARISON | {"training", "integrations"}

MAY_IMPORT: Mapping[str, set[str]] = {
    "": {"lean_openenv", "client", "models"},
    "lean_openenv": set(),
    "error_types": set(),
    "fault_types": set(),
    "tool_records": {"error_types", "fault_types"},
    "models": RECORDS,
    "episode_line": RECORDS | {"models"},
    "client": CONTRACT,
    "chat": RECORDS,
    "agents": AGENTS,
    "rollouts": ROLLOUTS,
    "server.world": CONTRACT,
    "server.audit": WORLD,
    "server.llm_actor": AUDIT | {"chat"},
    "environment": ENVIRONMENT,
    "server.serving": ENVIRONMENT | {"chat"},
    "server.application": ROLLOUTS | ENVIRONMENT | {"server.serving"},
    "server.app": {"server.serving", "server.application"},
    "comparison": COMPARISON,
    "validation": MEASUREMENT,
    "training": COMPARISON,
    "integrations": PROGRAMS,
    "inference": ROLLOUTS,
    "evaluation": COMPARISON,
    "benchmarks": MEASUREMENT,
    "scripts": MEASUREMENT | {"benchmarks"},
}
"""By room: what its modules may import, beside one another and the package itself (its version)."""
PURE = set(
    "__future__ abc bisect collections dataclasses datetime enum fractions functools hashlib importlib itertools json "
    "math numpy operator pydantic pydantic_core random re statistics string tomllib typing unicodedata".split()
)
"""Outside modules that `world/` and `audit/` may import: none does I/O but importlib, for the package's sentences."""
IMPURE_CALLS = {"open", "print", "input", "now", "today", "utcnow", "exec", "eval", "__import__"}


class Import(NamedTuple):
    """One name that a module imports."""

    module: str
    """The importing module, without the package's name."""
    target: str
    """The imported module of this package, or the outside one with a "!" before it."""
    runs: bool
    """Whether it is carried out when the module is first imported."""


def modules_of(root: Path, files: list[str]) -> dict[str, Path]:
    """Each module by its dotted name without the package's; the package itself is ""."""
    named = {}
    for file in files:
        parts = Path(file).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = root / file
    return named


def imports_of(module: str, modules: Mapping[str, Path]) -> Iterator[Import]:
    """Everything that a module imports, wherever the statement stands."""
    whole = f"{PACKAGE}.{module}".rstrip(".")
    package = whole if modules[module].name == "__init__.py" else whole.rpartition(".")[0]

    def walk(node: ast.AST, runs: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(module, outside(alias.name), runs)
            elif isinstance(child, ast.ImportFrom):
                base = resolve_name("." * child.level + (child.module or ""), package)
                if base.split(".")[0] != PACKAGE:
                    yield Import(module, f"!{base}", runs)
                    continue
                base = base.removeprefix(PACKAGE).lstrip(".")
                for alias in child.names:
                    below = f"{base}.{alias.name}".lstrip(".")
                    own = base or ("" if alias.name == "__version__" else ON_DEMAND)
                    yield Import(module, below if below in modules else own, runs)
            elif isinstance(child, ast.If) and for_types_only(child):
                yield from walk(ast.Module(child.body, []), runs=False)
                yield from walk(ast.Module(child.orelse, []), runs)
            else:
                if isinstance(child, ast.Call) and called(child) in ("import_module", "__import__"):
                    named = [one.value for one in child.args[:1] if isinstance(one, ast.Constant)]
                    yield from (Import(module, outside(str(name)), runs=False) for name in named)
                yield from walk(child, runs and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))

    yield from walk(ast.parse(modules[module].read_text(encoding="utf-8")), True)


def outside(name: str) -> str:
    return name.removeprefix(PACKAGE).lstrip(".") or ON_DEMAND if name.split(".")[0] == PACKAGE else f"!{name}"


def for_types_only(node: ast.If) -> bool:
    return "TYPE_CHECKING" in (getattr(node.test, "id", ""), getattr(node.test, "attr", ""))


def called(node: ast.Call) -> str:
    """The name of what is called, without what it is an attribute of."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def room_of(module: str) -> str:
    first, _, rest = module.partition(".")
    if first != "server":
        return first
    folder, _, _ = rest.partition(".")
    if folder in ("world", "audit", "llm_actor", "serving", "application", "app"):
        return f"server.{folder}"
    return "environment"


def wrong_way(modules: Mapping[str, Path]) -> set[tuple[str, str]]:
    """Module and room of every import of a room that the module's own may not import."""
    return {
        (one.module, room_of(one.target))
        for module in modules
        for one in imports_of(module, modules)
        if one.target and not one.target.startswith("!")
        if room_of(one.target) not in {room_of(module), *MAY_IMPORT[room_of(module)]}
    }


def circle(modules: Mapping[str, Path]) -> list[str]:
    """Modules of which each imports the next while it is first imported, and the last is the first."""
    graph = {
        module: {one.target for one in imports_of(module, modules) if one.runs and one.target in modules and one.target}
        for module in modules
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as found:
        return list(found.args[1])
    return []


def impure(modules: Mapping[str, Path]) -> list[str]:
    """What in `world/` and `audit/` could do I/O, read a clock or serve the web."""
    found = []
    for module, path in modules.items():
        if room_of(module) not in ("server.world", "server.audit"):
            continue
        found += [
            f"{module}: import {one.target[1:]}"
            for one in imports_of(module, modules)
            if one.target.startswith("!") and one.target[1:].split(".")[0] not in PURE
        ]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and called(node) in IMPURE_CALLS:
                found.append(f"{module}: {called(node)}()")
    return found


@pytest.fixture(scope="module")
def product() -> dict[str, Path]:
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "*.py"], capture_output=True, text=True, check=True)
    files = [file for file in listed.stdout.split() if not file.startswith("tests/") and (ROOT / file).exists()]
    assert len(files) > 100
    return modules_of(ROOT, files)


def test_every_room_is_known(product):
    assert {room_of(module) for module in product if module != "server"} == set(MAY_IMPORT)


def test_each_room_imports_only_what_is_below_it(product):
    assert wrong_way(product) == set(), "an import runs back"


def test_no_modules_import_in_a_circle(product):
    assert circle(product) == []


def test_world_and_audit_are_pure(product):
    assert impure(product) == []


@pytest.fixture
def tree(tmp_path):
    """Writes a made-up tree and gives its modules."""

    def write(**sources: str) -> dict[str, Path]:
        for name, source in sources.items():
            path = tmp_path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        return modules_of(tmp_path, [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.py")])

    return write


def test_an_import_that_runs_back_is_found(tree):
    modules = tree(
        server__world__record="def f():\n    from ..audit import reward\n",
        server__audit__reward="from ..world.record import f\nfrom synth_audit_env.models import x\n",
        server__audit__report="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ...client import c\n",
        models="x = 1",
        client="from .models import x\n",
        comparison__table="import synth_audit_env.validation.certificate\n",
        validation__certificate="",
    )
    assert wrong_way(modules) == {
        ("server.world.record", "server.audit"),
        ("server.audit.report", "client"),
        ("comparison.table", "validation"),
    }


def test_a_circle_is_found(tree):
    modules = tree(
        agents__one="from .two import b\n",
        agents__two="from . import three\n",
        agents__three="from .one import a\n",
        agents__four="def f():\n    from .five import c\n",
        agents__five="from .four import f\n",
    )
    assert set(circle(modules)) == {"agents.one", "agents.two", "agents.three"}


def test_a_clock_and_a_web_framework_are_found(tree):
    modules = tree(
        server__world__clock="import time\nfrom datetime import date\nage = date.today()\n",
        server__audit__page="from fastapi import FastAPI\nopen('x')\n",
        server__serving__gate="import time, fastapi\nopen('x')\n",
    )
    assert sorted(impure(modules)) == [
        "server.audit.page: import fastapi",
        "server.audit.page: open()",
        "server.world.clock: import time",
        "server.world.clock: today()",
    ]
