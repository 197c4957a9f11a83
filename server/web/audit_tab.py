"""The tab where a person audits a trial: what the buttons and fields of `audit_parts.py` do.

    with gr.Blocks():
        audit_tab(visitors)

Each browser tab has a desk of its own, found by the key that Gradio gives the tab. A handler takes the action at the
desk, and then shows what the desk has; no handler keeps anything of an audit by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import astuple
from typing import Any

import gradio as gr

from ...models import COHORT, MAX_REASON
from ..serving.gate import address_of
from . import panes
from .after_panes import after_pane, files_pane
from .audit_fields import EVERY_FIELD, Fields, label, reported, seed_of, told_of
from .audit_parts import START, SURE, SURPRISE, AuditParts
from .desk import Desk, DeskError
from .desk_book import Draft
from .links import LinkError, Place, link, read_link
from .look import TAB
from .markup import counted, notice
from .protocol_pane import protocol_pane
from .visitors import Visitors

DOUBLE_CLICK_S = 0.5
"""Seconds between two clicks that are meant as one."""
START_ANYWAY, SURPRISE_ANYWAY = "Drop this audit and start", "Drop this audit, surprise me"
"""What the two buttons say where an audit would be lost: pressed once more, they mean it."""
QUIET: Mapping[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
"""Of every event: no part of an API, nothing blinks, and nobody waits for somebody else."""
_NAMED = "(query) => { if (query) history.replaceState(null, '', query); }"
_OTHER_SPLIT = "(split, before, seed) => [split === before ? seed : '', split]"
_TO_THE_END = """() => {
    const end = document.getElementById("wb-after");
    if (end && !end.dataset.seen) { end.dataset.seen = "1"; end.focus(); }
}"""
"""When the outcome has come, that is where the keyboard goes on."""


def audit_tab(visitors: Visitors) -> None:
    """Put the tab into the Blocks that is being built."""
    _AuditTab(visitors).wire()


class _AuditTab(AuditParts):
    """What the components do."""

    def __init__(self, visitors: Visitors) -> None:
        self._visitors = visitors
        super().__init__(visitors.forget)

    def wire(self) -> None:
        """Say what the buttons do."""
        named = {"fn": None, "inputs": self.query, "js": _NAMED, "api_visibility": "private"}
        form = [self.task, self.split, self.seed, self.begin, self.named]
        gr.on([self.begin.click, self.seed.submit], self._begin, form, self.shown, **QUIET).then(**named)
        self.surprise.click(self._surprise, [self.task, self.split, self.surprise], self.shown, **QUIET).then(**named)
        # A seed is of one split: another split asks for another seed. Gradio tells of a choice, too, when the field
        # loses the focus, as it does for whoever passes it by keys.
        chosen = [self.split, self.split_before, self.seed]
        emptied = [self.seed, self.split_before]
        self.split.input(fn=None, inputs=chosen, outputs=emptied, js=_OTHER_SPLIT, api_visibility="private")
        for action_type, button in self.buttons.items():
            button.click(self._press(action_type), self.inputs, self.shown, **QUIET).then(
                fn=None, js=_TO_THE_END, api_visibility="private"
            )
        self.patient.submit(self._press("investigate_patient"), self.inputs, self.shown, **QUIET)
        self.chosen.input(self._with(self._choose), self.inputs, self.shown, trigger_mode="always_last", **QUIET)
        looked = [self.record, self.cohort, *self.buttons.values()]
        gr.on(
            [self.patient.input, self.feature.input, self.shap_field.input],
            self._with(self._look),
            self.inputs,
            [self.key, self.note, *looked],
            trigger_mode="always_last",
            **QUIET,
        )
        self.make.click(self._make, None, self.shown, **QUIET)
        context = gr.context.Context.root_block
        assert context is not None, "the tab is put into a Blocks"
        context.load(self._arrive, self.tab, self.shown, js=TAB, **QUIET)

    async def _arrive(self, tab: str, request: gr.Request) -> dict[Any, Any]:
        """Somebody opens the page: their tab may have an audit, or the link name one.

        That of a link is not begun yet, which would take a slot.
        """
        ready = {
            self.key: request.session_hash,
            self.begin: gr.Button(interactive=True),
            self.surprise: gr.Button(interactive=True),
        }
        desk = self._visitors.arrive(request.session_hash or "", tab)
        try:
            place = read_link(str(request.query_params))
        except LinkError as problem:
            return {**ready, self.note: notice(str(problem), wrong=True)}
        if desk is not None and place in (None, desk.place):
            self._visitors.take_over(request.session_hash or "")
            # Last, since what is shown of the audit says nothing of whether the two buttons can be pressed.
            return self._back(desk) | ready
        if place is None:
            return ready
        return {
            **ready,
            **self._form(place),
            self.named: place,
            self.note: notice("The link names this audit. Start it when you are ready."),
        }

    def _back(self, desk: Desk) -> dict[Any, Any]:
        """An audit as it was when the page was lost, but for what had been written and not sent."""
        shown = self._opened(desk, desk.turned_to) | {
            self.note: notice("The page was opened anew, and your audit is here as you left it.")
        }
        if desk.over:
            shown[self.after] = after_pane(desk)
        return shown

    # `said` is what the button says: that is what was agreed to when it was pressed, or Enter in the field of the seed.
    async def _begin(
        self, task: str, split: str, seed: str, said: str, named: Place | None, request: gr.Request
    ) -> dict[Any, Any]:
        async def begin() -> dict[Any, Any]:
            number = seed_of(seed)
            # A seed is of one split: the one of the form is for a surprise.
            asked: tuple[Any, ...] = (task, split if number is None else None, number)
            if named is not None and (task, number) == (named.task_id, named.seed):
                # Down to what it is made of. With another task or seed in the form, the link is another audit's.
                asked = astuple(named)
            return await self._start(request, *asked, sure=said == START_ANYWAY)

        return await self._told(begin)

    async def _surprise(self, task: str, split: str, said: str, request: gr.Request) -> dict[Any, Any]:
        return await self._told(lambda: self._start(request, task, split, None, sure=said == SURPRISE_ANYWAY))

    async def _start(self, request: gr.Request, *asked: Any, sure: bool) -> dict[Any, Any]:
        """Begin the audit that was asked for, as `Visitors.start` takes it."""
        key = request.session_hash or ""
        running = self._visitors.desk(key)
        if running is not None and running.at_stake and not sure:
            # A click that comes while this one waits is dropped: the second of a double-click is no second press.
            await asyncio.sleep(DOUBLE_CLICK_S)
            return self._lost(running)
        desk = await self._visitors.start(key, _address(request), *asked)
        proposals = desk.opening.actor_proposals
        first = proposals[0].proposal_id
        told = f"{desk.pages.code} has {len(proposals)} proposals. Judge each. A button says what it costs."
        return self._opened(desk, first) | {self.key: key, self.note: notice(told)}

    def _opened(self, desk: Desk, proposal_id: str) -> dict[Any, Any]:
        """An audit in a page that had none, or another."""
        return {
            **self._form(desk.place),
            **self._chosen(desk, proposal_id),
            self.chosen: gr.Radio(_listed(desk), value=proposal_id),
            self.query: link(desk.place),
            self.board: gr.Column(visible=True),
            self.protocol: protocol_pane(desk.pages),
            self.after: "",
            self.files: "",
            self.report: "",
        }

    def _lost(self, desk: Desk) -> dict[Any, Any]:
        """What another audit would do away with, before it does."""
        if desk.over:
            lost = f"the outcome of {desk.pages.code}, of which no files were made"
        else:
            lost = f"the one of {desk.pages.code}: {counted(len(desk.trail), 'action')}, and no outcome"
        told = f"Another audit drops {lost}. Press once more to drop it."
        return {
            self.begin: gr.Button(START_ANYWAY),
            self.surprise: gr.Button(SURPRISE_ANYWAY),
            self.note: notice(told, wrong=True),
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
        shown = self._shown(desk, fields) | {self.key: key, self.files: "", self.note: notice(told, wrong=refused)}
        if action_type == "flag_error" and not refused:
            report, left_out = reported(fields.report or "", action)
            shown |= {self.reason: "", self.error_type: None, self.report: report}
            shown[self.note] = notice(f"{told} {left_out}".strip(), wrong=bool(left_out))
        if desk.over:
            shown[self.query] = link(desk.place)
            shown[self.after] = after_pane(desk)
        return shown

    async def _choose(self, fields: Fields, request: gr.Request) -> dict[Any, Any]:
        key = request.session_hash
        desk = self._desk(key)
        desk.drafts[desk.turned_to] = Draft(fields.error_type, (fields.reason or "")[:MAX_REASON], fields.confidence)
        return self._chosen(desk, fields.proposal_id or "") | {self.key: key}

    async def _look(self, fields: Fields, request: gr.Request) -> dict[Any, Any]:
        # Nothing that an action changes, but the labels: one may be under way that is shown before this.
        desk = self._desk(request.session_hash)
        return {self.key: request.session_hash, **self._known(desk, fields), **self._labels(desk, fields)}

    async def _make(self, request: gr.Request) -> dict[Any, Any]:
        async def make() -> dict[Any, Any]:
            desk = self._desk(request.session_hash)
            # Those of an audit under way are old with the next action.
            desk.saved = desk.over
            made = {self.files: files_pane(desk), self.status: panes.status_pane(desk)}
            asked = {self.begin: gr.Button(START), self.surprise: gr.Button(SURPRISE)}
            return {self.key: request.session_hash, **made, **asked}

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
            raise DeskError(self._visitors.gone(key))
        self._visitors.here(key)
        return desk

    def _form(self, place: Place) -> dict[Any, Any]:
        split = {self.split: place.split, self.split_before: place.split}
        return {self.task: place.task_id, **split, self.seed: str(place.seed)}

    def _chosen(self, desk: Desk, proposal_id: str) -> dict[Any, Any]:
        """The panes of a proposal that was chosen, and its patient's, and what was drafted of it before."""
        desk.turned_to = proposal_id
        draft = desk.drafts.get(proposal_id, Draft(None, "", SURE))
        about = panes.summary_of(desk, proposal_id)
        patient = "" if about is None or about.patient_id == COHORT else about.patient_id
        fields = Fields(
            proposal_id, patient, EVERY_FIELD, "sex", draft.error_type, draft.reason, draft.confidence, None
        )
        drafts = {self.error_type: draft.error_type, self.reason: draft.reason, self.sure: draft.confidence}
        looks = {self.patient: patient, self.shap_field: EVERY_FIELD, self.feature: "sex"}
        return self._shown(desk, fields) | looks | drafts

    def _shown(self, desk: Desk, fields: Fields) -> dict[Any, Any]:
        """What the desk has, in every pane."""
        return {
            **self._labels(desk, fields),
            **self._known(desk, fields),
            # Without its value: somebody may have gone on to another proposal meanwhile.
            self.chosen: gr.Radio(_listed(desk)),
            self.begin: gr.Button(START),
            self.surprise: gr.Button(SURPRISE),
            self.status: panes.status_pane(desk),
            self.proposal: panes.proposal_pane(desk, fields.proposal_id),
            self.trail: panes.trail_pane(desk),
        }

    def _known(self, desk: Desk, fields: Fields) -> dict[Any, Any]:
        return {
            self.record: panes.patient_pane(desk, fields.patient),
            self.cohort: panes.cohort_pane(desk, fields.feature),
        }

    def _labels(self, desk: Desk, fields: Fields) -> dict[Any, Any]:
        return {
            button: gr.Button(label(desk, action_type, fields), interactive=not desk.over)
            for action_type, button in self.buttons.items()
        }


def _listed(desk: Desk) -> list[tuple[str, str]]:
    """The proposals as they can be chosen."""
    return [
        (f"{one.proposal_id} · {one.patient_id} · {one.status}", one.proposal_id) for one in desk.last.actor_proposals
    ]


def _address(request: gr.Request) -> str:
    """Whom the server counts a visitor's session for."""
    asked = request.request
    assert asked is not None, "a handler of a page is called by a request"
    return address_of(asked.scope)
