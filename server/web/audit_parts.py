"""The buttons, fields and panes of the audit tab, and where they stand; what they do is in `audit_tab.py`.

    parts = AuditParts(visitors.forget)
    parts.buttons["approve"], parts.inputs, parts.shown

The inputs are in the order of `audit_fields.Fields`, which a handler makes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from ...models import MAX_REASON, MAX_REPORT
from ..audit.tools import COHORT_FEATURES
from ..world.protocol import ERROR_TYPES
from ..world.record import FACT_FIELDS
from ..world.tasks import SPLITS, TASK_IDS
from .audit_fields import EVERY_FIELD, TOOLS
from .error_kinds import kinds_pane
from .markup import words

KEPT_S = 6 * 3600.0
"""Seconds for which a desk is kept after the last thing that was done at it."""
EMPTY_SEED = "Leave empty to be surprised"
START, SURPRISE = "Start the audit", "Surprise me"
SPLIT = "validation"
"""The split that the form begins with."""
SURE = 0.8
"""The confidence that the slider begins with."""

_DECIDE = (
    "<h3>Decide</h3><p>Decisions are final: there is no undo. A button says what it costs in reward, which is counted "
    "at the end.</p>"
)


class AuditParts:
    """The components, by name."""

    def __init__(self, forget: Callable[[str | None], None]) -> None:
        """Put them into the Blocks that is being built.

        Args:
            forget: Is given the key of a browser tab whose desk nobody needs any more.
        """
        self.key = gr.State(time_to_live=KEPT_S, delete_callback=forget)
        self.query = gr.Textbox(visible="hidden", label="Query of the link")
        self.tab = gr.Textbox(visible="hidden", label="Name of the tab")
        self.split_before = gr.Textbox(SPLIT, visible="hidden", label="What was chosen before")
        """The split that the seed in the form was asked for."""
        self.named = gr.State()
        """The audit that the page's link names, as a `links.Place`."""
        with gr.Row(elem_classes="wb-start", equal_height=True):
            tasks = [(words(name.removeprefix("oversight_")), name) for name in TASK_IDS]
            self.task = gr.Dropdown(tasks, value=TASK_IDS[0], label="Task", filterable=False, min_width=140)
            self.split = gr.Dropdown(list(SPLITS), value=SPLIT, label="Split", filterable=False, min_width=140)
            self.seed = gr.Textbox(label="Seed", placeholder=EMPTY_SEED, max_lines=1, min_width=200)
            # Not before the link of the page was read: somebody quick would start another audit than it names.
            self.begin = gr.Button(START, variant="primary", min_width=140, interactive=False)
            self.surprise = gr.Button(SURPRISE, min_width=140, interactive=False)
        self.note = gr.HTML(js_on_load=None, elem_classes="wb-note")
        with gr.Column(visible=False) as self.board:
            self.status = gr.HTML(js_on_load=None, elem_classes="wb-status")
            self.after = gr.HTML(js_on_load=None, elem_classes="wb-empty")
            with gr.Row(elem_classes="wb-panes", equal_height=False):
                with gr.Column(min_width=320, elem_classes="wb-pane"):
                    self._proposals()
                with gr.Column(min_width=320, elem_classes="wb-pane"):
                    self._patient()
                with gr.Column(min_width=320, elem_classes="wb-pane"):
                    gr.HTML("<h2>Protocol</h2>", js_on_load=None)
                    self.protocol = gr.HTML(js_on_load=None)
            with gr.Column(elem_classes="wb-pane"):
                gr.HTML("<h2>Report</h2>", js_on_load=None)
                self.report = gr.Textbox(
                    label="What you found: a line for each error",
                    info="Each flag adds its line, if it fits. Filing ends the audit; an error that is undecided "
                    f"then costs what approving it costs. {_at_most(MAX_REPORT)}",
                    lines=4,
                    max_length=MAX_REPORT,
                )
                self.file = gr.Button(TOOLS["submit_audit_report"], variant="primary", elem_classes="wb-button")
            with gr.Accordion("Audit trail", open=False):
                self.trail = gr.HTML(js_on_load=None)
            with gr.Accordion("Save what you have", open=False):
                self.make = gr.Button("Make the files", elem_classes="wb-button")
                self.files = gr.HTML(js_on_load=None)
        self.buttons = {
            "review_proposal": self.review,
            "investigate_patient": self.open,
            "temporal_audit": self.dates,
            "request_shap": self.shap,
            "cohort_analysis": self.compare,
            "approve": self.approve,
            "flag_error": self.flag,
            "submit_audit_report": self.file,
        }
        self.inputs = [
            *(self.chosen, self.patient, self.shap_field, self.feature),
            *(self.error_type, self.reason, self.sure, self.report),
        ]
        """The fields, in the order of `audit_fields.Fields`."""
        self.shown: list[Any] = [
            *(self.begin, self.surprise, self.key, self.query, self.named, self.task, self.split, self.seed),
            self.split_before,
            *(self.note, self.board),
            *(self.status, self.after, self.proposal, self.record, self.cohort, self.protocol, self.trail, self.files),
            *(*self.buttons.values(), *self.inputs),
        ]
        """What a handler may change."""

    def _proposals(self) -> None:
        gr.HTML("<h2>Proposals</h2>", js_on_load=None)
        self.chosen = gr.Radio([], label="Proposal", elem_classes="wb-list")
        self.review = gr.Button(TOOLS["review_proposal"])
        self.proposal = gr.HTML(js_on_load=None)
        with gr.Column(elem_classes="wb-decide"):
            gr.HTML(_DECIDE, js_on_load=None)
            self.sure = gr.Slider(0, 1, value=SURE, step=0.05, label="Your confidence")
            self.approve = gr.Button(TOOLS["approve"])
            self.error_type = gr.Dropdown(
                [(words(name), name) for name in ERROR_TYPES], value=None, label="Kind of error", filterable=False
            )
            gr.HTML(kinds_pane(), js_on_load=None)
            self.reason = gr.Textbox(label="Why it is wrong", info=_at_most(MAX_REASON), lines=3, max_length=MAX_REASON)
            self.flag = gr.Button(TOOLS["flag_error"], variant="stop")

    def _patient(self) -> None:
        gr.HTML("<h2>Patient</h2>", js_on_load=None)
        self.patient = gr.Textbox(label="Patient", placeholder="P0001", max_lines=1, max_length=64)
        with gr.Row():
            self.open = gr.Button(TOOLS["investigate_patient"], min_width=140)
            self.dates = gr.Button(TOOLS["temporal_audit"], min_width=140)
        with gr.Row(equal_height=True, elem_classes="wb-pair"):
            fields = [(EVERY_FIELD, EVERY_FIELD), *((words(name), name) for name in FACT_FIELDS)]
            self.shap_field = gr.Dropdown(fields, value=EVERY_FIELD, label="Field", filterable=False, min_width=140)
            self.shap = gr.Button(TOOLS["request_shap"], min_width=140)
        self.record = gr.HTML(js_on_load=None)
        gr.HTML("<h3>Cohort</h3>", js_on_load=None)
        with gr.Row(equal_height=True, elem_classes="wb-pair"):
            features = [(words(name), name) for name in COHORT_FEATURES]
            self.feature = gr.Dropdown(features, value="sex", label="Group by", filterable=False, min_width=140)
            self.compare = gr.Button(TOOLS["cohort_analysis"], min_width=140)
        self.cohort = gr.HTML(js_on_load=None, elem_classes="wb-empty")


def _at_most(characters: int) -> str:
    """What a field says of its limit: the browser drops what is typed or pasted past it, and says nothing."""
    return f"At most {characters:,} characters."
