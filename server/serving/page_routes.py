"""The page at /: static files, which play over /ws like any other client.

    add_page(built)
"""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from ...episode_line import PACKAGE_VERSION
from ...error_types import ERROR_KINDS
from ...tool_records import COHORT_FEATURES
from ..audit.reward_model import REWARDS
from ..world.record import FACT_FIELDS
from ..world.tasks import TIERS

FILES = Path(__file__).parents[1] / "page"
POLICY = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'"
"""The Content-Security-Policy: nothing comes from another host, and no script but the page's own files runs."""


def add_page(built: FastAPI) -> None:
    """Serve / and /page/."""

    @built.get("/", include_in_schema=False)
    def index() -> Response:
        return FileResponse(FILES / "index.html", headers={"Content-Security-Policy": POLICY})

    @built.get("/page/settings", include_in_schema=False)
    def settings() -> dict[str, object]:
        return {
            "version": PACKAGE_VERSION,
            "settlement": None,
            "logs": False,
            "tasks": [
                {"task_id": t.task_id, "difficulty": t.name, "patients": t.patients, "proposals": t.proposals, "steps": t.steps}
                for t in TIERS.values()
            ],
            "splits": {},
            "error_types": [
                {"name": n, "meaning": k.rule, "tiers": [t.name for t in TIERS.values() if n in t.error_types]}
                for n, k in ERROR_KINDS.items()
            ],
            "shap_fields": FACT_FIELDS,
            "cohort_features": COHORT_FEATURES,
            "costs": {"step": -0.003, "duplicate": -0.04, "invalid": -0.05},
            "rewards": {event: amount / 1000 for event, amount in REWARDS.items()},
        }

    built.mount("/page", StaticFiles(directory=FILES))
