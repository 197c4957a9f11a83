"""The tab where a person audits a trial: buttons and fields around the panes of `panes.py`.

    with gr.Blocks():
        audit_tab(visitors)

Each browser tab has a desk of its own, found by the key that Gradio gives the tab. A handler takes the action at the
desk, and then shows what the desk has; no handler keeps anything of an audit by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import gradio as gr

from synth_audit_env.models import COHORT, MAX_REASON, MAX_REPORT
from synth_audit_env.server.protocol import ERROR_TYPES
from synth_audit_env.server.record import FACT_FIELDS
from synth_audit_env.server.serving.gate import address_of
from synth_audit_env.server.tasks import SPLITS, TASK_IDS
from synth_audit_env.server.tools import COHORT_FEATURES
from synth_audit_env.server.web import panes
from synth_audit_env.server.web.after_panes import after_pane, files_pane, rivals_of
from synth_audit_env.server.web.audit_fields import EVERY_FIELD, TOOLS, Fields, label, seed_of, told_of
from synth_audit_env.server.web.desk import Desk, DeskError
from synth_audit_env.server.web.links import LinkError, Place, link, read_link
from synth_audit_env.server.web.markup import notice, words
from synth_audit_env.server.web.visitors import GONE, Visitors

KEPT_S = 6 * 3600.0
"""Seconds for which a desk is kept after the last thing that was done at it."""
EMPTY_SEED = "Leave empty to be surprised"
QUIET: Mapping[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
"""Of every event: no part of an API, nothing blinks, and nobody waits for somebody else."""
_NAMED = "(query) => { if (query) history.replaceState(null, '', query); }"
_TO_THE_END = """() => {
    const end = document.getElementById("wb-after");
    if (end && !end.dataset.seen) { end.dataset.seen = "1"; end.focus(); }
}"""
"""When the outcome has come, that is where the keyboard goes on."""


def audit_tab(visitors: Visitors) -> None:
    """Put the tab into the Blocks that is being built."""
    _AuditTab(visitors).wire()


class _AuditTab:
    """The components and what they do."""

    def __init__(self, visitors: Visitors) -> None:
        self._visitors = visitors
        self.key = gr.State(time_to_live=KEPT_S, delete_callback=visitors.forget)
        self.query = gr.Textbox(visible="hidden", label="Query of the link")
        with gr.Row(elem_classes="wb-start", equal_height=True):
            tasks = [(words(name.removeprefix("oversight_")), name) for name in TASK_IDS]
            self.task = gr.Dropdown(tasks, value=TASK_IDS[0], label="Task", filterable=False, min_width=140)
            self.split = gr.Dropdown(list(SPLITS), value="validation", label="Split", filterable=False, min_width=140)
            self.seed = gr.Textbox(label="Seed", placeholder=EMPTY_SEED, max_lines=1, min_width=200)
            # Not before the link of the page was read: somebody quick would start another audit than it names.
            self.begin = gr.Button("Start the audit", variant="primary", min_width=140, interactive=False)
            self.surprise = gr.Button("Surprise me", min_width=140, interactive=False)
        self.note = gr.HTML(js_on_load=None, elem_classes="wb-note")
        with gr.Column(visible=False) as self.board:
            self.status = gr.HTML(js_on_load=None)
            self.after = gr.HTML(js_on_load=None)
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
                    info="Each flag adds its line. Filing ends the audit; what is undecided then stays undecided.",
                    lines=4,
                    max_length=MAX_REPORT,
                )
                self.file = gr.Button(TOOLS["submit_audit_report"], variant="primary", elem_classes="wb-button")
            with gr.Accordion("Audit trail", open=False):
                self.trail = gr.HTML(js_on_load=None)
            with gr.Accordion("Save what you have", open=False):
                self.make = gr.Button("Make the files", elem_classes="wb-button")
                self.files = gr.HTML(js_on_load=None)
        self._buttons = {
            "review_proposal": self.review,
            "investigate_patient": self.open,
            "temporal_audit": self.dates,
            "request_shap": self.shap,
            "cohort_analysis": self.compare,
            "approve": self.approve,
            "flag_error": self.flag,
            "submit_audit_report": self.file,
        }
        self._inputs = [
            *(self.chosen, self.patient, self.shap_field, self.feature),
            *(self.error_type, self.reason, self.sure, self.report),
        ]

    def _proposals(self) -> None:
        gr.HTML("<h2>Proposals</h2>", js_on_load=None)
        self.chosen = gr.Radio([], label="Proposal", elem_classes="wb-list")
        self.review = gr.Button(TOOLS["review_proposal"])
        self.proposal = gr.HTML(js_on_load=None)
        with gr.Column(elem_classes="wb-decide") as self.decide:
            gr.HTML("<h3>Decide</h3><p>Decisions are final: there is no undo.</p>", js_on_load=None)
            self.sure = gr.Slider(0, 1, value=0.8, step=0.05, label="Your confidence")
            self.approve = gr.Button(TOOLS["approve"])
            self.error_type = gr.Dropdown(
                [(words(name), name) for name in ERROR_TYPES], value=None, label="Kind of error", filterable=False
            )
            self.reason = gr.Textbox(label="Why it is wrong", lines=3, max_length=MAX_REASON)
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
        self.cohort = gr.HTML(js_on_load=None)

    def wire(self) -> None:
        """Say what the buttons do."""
        shown: list[Any] = [
            *(
                self.begin,
                self.surprise,
                self.key,
                self.query,
                self.task,
                self.split,
                self.seed,
                self.note,
                self.board,
                self.status,
                self.after,
            ),
            *(self.proposal, self.record, self.cohort, self.protocol, self.trail, self.files),
            *(*self._buttons.values(), *self._inputs),
        ]
        named = {"fn": None, "inputs": self.query, "js": _NAMED, "api_visibility": "private"}
        form = [self.task, self.split, self.seed]
        gr.on([self.begin.click, self.seed.submit], self._begin, form, shown, **QUIET).then(**named)
        self.surprise.click(self._surprise, form[:2], shown, **QUIET).then(**named)
        for action_type, button in self._buttons.items():
            button.click(self._press(action_type), self._inputs, shown, **QUIET).then(
                fn=None, js=_TO_THE_END, api_visibility="private"
            )
        self.patient.submit(self._press("investigate_patient"), self._inputs, shown, **QUIET)
        self.chosen.input(self._with(self._choose), self._inputs, shown, **QUIET)
        looked = [self.record, self.cohort, *self._buttons.values()]
        gr.on(
            [self.patient.input, self.feature.input, self.shap_field.input],
            self._with(self._look),
            self._inputs,
            [self.note, *looked],
            trigger_mode="always_last",
            **QUIET,
        )
        self.make.click(self._make, None, shown, **QUIET)
        context = gr.context.Context.root_block
        assert context is not None, "the tab is put into a Blocks"
        context.load(self._arrive, None, shown, **QUIET)

    async def _arrive(self, request: gr.Request) -> dict[Any, Any]:
        """Somebody opens the page: its link may name an audit. It is not begun yet, which would take a slot."""
        ready = {
            self.key: request.session_hash,
            self.begin: gr.Button(interactive=True),
            self.surprise: gr.Button(interactive=True),
        }
        try:
            place = read_link(str(request.query_params))
        except LinkError as problem:
            return {**ready, self.note: notice(str(problem), wrong=True)}
        if place is None:
            return ready
        return {
            **ready,
            **self._form(place),
            self.note: notice("The link names this audit. Start it when you are ready."),
        }

    async def _begin(self, task: str, split: str, seed: str, request: gr.Request) -> dict[Any, Any]:
        async def begin() -> dict[Any, Any]:
            number = seed_of(seed)
            # A seed is of one split: the one of the form is for a surprise.
            return await self._start(request, task, split if number is None else None, number)

        return await self._told(begin)

    async def _surprise(self, task: str, split: str, request: gr.Request) -> dict[Any, Any]:
        return await self._told(lambda: self._start(request, task, split, None))

    async def _start(self, request: gr.Request, task: str, split: str | None, seed: int | None) -> dict[Any, Any]:
        key = request.session_hash or ""
        desk = await self._visitors.start(key, _address(request), task, split, seed)
        place = Place(desk.task_id, desk.split, desk.seed)
        proposals = desk.opening.actor_proposals
        told = f"{desk.pages.code} has {len(proposals)} proposals. Judge each. A button says what it costs."
        return {
            **self._form(place),
            **self._chosen(desk, proposals[0].proposal_id),
            self.key: key,
            self.query: link(place),
            self.note: notice(told),
            self.board: gr.Column(visible=True),
            self.protocol: panes.protocol_pane(desk),
            self.after: "",
            self.files: "",
            self.report: "",
            self.reason: "",
            self.error_type: None,
        }

    def _with(self, do: Callable[[Fields, gr.Request], Awaitable[dict[Any, Any]]]) -> Callable[..., Any]:
        """A handler as Gradio wants it: an argument for each field, and who asks by the name of its type."""

        async def handle(
            proposal_id: str | None,
            patient_id: str | None,
            shap_field: str | None,
            feature: str | None,
            error_type: str | None,
            reason: str | None,
            sure: float | None,
            report: str | None,
            request: gr.Request,
        ) -> dict[Any, Any]:
            fields = Fields(proposal_id, patient_id, shap_field, feature, error_type, reason, sure, report)
            return await self._told(lambda: do(fields, request))

        return handle

    def _press(self, action_type: str) -> Callable[..., Any]:
        return self._with(lambda fields, request: self._act(action_type, fields, request))

    async def _act(self, action_type: str, fields: Fields, request: gr.Request) -> dict[Any, Any]:
        key = request.session_hash
        desk = self._desk(key)
        action = fields.action(action_type)
        seen = self._visitors.act(key, action)
        refused = seen.error is not None
        told = seen.error or (told_of(action) if not seen.done else "The audit is over.")
        shown = self._shown(desk, fields) | {self.key: key, self.note: notice(told, wrong=refused)}
        if action_type == "flag_error" and not refused:
            line = f"{action['proposal_id']}: {action['error_type']}, {' '.join(action['reason'].split())}"
            report = "\n".join(part for part in ((fields.report or "").rstrip(), line) if part)
            shown |= {self.reason: "", self.error_type: None, self.report: report[:MAX_REPORT]}
        if desk.over:
            others = await asyncio.to_thread(rivals_of, desk)
            shown[self.after] = after_pane(desk, others)
        return shown

    async def _choose(self, fields: Fields, request: gr.Request) -> dict[Any, Any]:
        return self._chosen(self._desk(request.session_hash), fields.proposal_id or "")

    async def _look(self, fields: Fields, request: gr.Request) -> dict[Any, Any]:
        # Nothing that an action changes, but the labels: one may be under way that is shown before this.
        desk = self._desk(request.session_hash)
        return {**self._known(desk, fields), **self._labels(desk, fields)}

    async def _make(self, request: gr.Request) -> dict[Any, Any]:
        async def make() -> dict[Any, Any]:
            desk = self._desk(request.session_hash)
            return {self.files: await asyncio.to_thread(files_pane, desk)}

        return await self._told(make)

    async def _told(self, do: Callable[[], Awaitable[dict[Any, Any]]]) -> dict[Any, Any]:
        """What is to be shown; a refusal becomes a sentence of the page."""
        try:
            return await do()
        except DeskError as refusal:
            return {self.note: notice(str(refusal), wrong=True)}

    def _desk(self, key: str | None) -> Desk:
        desk = self._visitors.desk(key)
        if desk is None:
            raise DeskError(GONE)
        return desk

    def _form(self, place: Place) -> dict[Any, Any]:
        return {self.task: place.task_id, self.split: place.split, self.seed: str(place.seed)}

    def _chosen(self, desk: Desk, proposal_id: str) -> dict[Any, Any]:
        """The panes of a proposal that was chosen, and its patient's."""
        about = panes.summary_of(desk, proposal_id)
        patient = "" if about is None or about.patient_id == COHORT else about.patient_id
        fields = Fields(proposal_id, patient, EVERY_FIELD, "sex", None, None, None, None)
        return self._shown(desk, fields) | {self.patient: patient, self.shap_field: EVERY_FIELD, self.feature: "sex"}

    def _shown(self, desk: Desk, fields: Fields) -> dict[Any, Any]:
        """What the desk has, in every pane."""
        choices = [
            (f"{one.proposal_id} · {one.patient_id} · {one.status}", one.proposal_id)
            for one in desk.last.actor_proposals
        ]
        return {
            **self._labels(desk, fields),
            **self._known(desk, fields),
            self.chosen: gr.Radio(choices, value=fields.proposal_id),
            self.status: panes.status_pane(desk),
            self.proposal: panes.proposal_pane(desk, fields.proposal_id),
            self.trail: panes.trail_pane(desk),
        }

    def _known(self, desk: Desk, fields: Fields) -> dict[Any, Any]:
        return {
            self.record: panes.patient_pane(desk, (fields.patient_id or "").strip()),
            self.cohort: panes.cohort_pane(desk, fields.feature),
        }

    def _labels(self, desk: Desk, fields: Fields) -> dict[Any, Any]:
        return {
            button: gr.Button(label(desk, action_type, fields), interactive=not desk.over)
            for action_type, button in self._buttons.items()
        }


def _address(request: gr.Request) -> str:
    """Whom the server counts a visitor's session for."""
    asked = request.request
    assert asked is not None, "a handler of a page is called by a request"
    return address_of(asked.scope)
