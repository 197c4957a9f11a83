"""The tab where a recorded episode is gone through step by step, alone or beside another of the same seed.

    with gr.Blocks():
        replay_tab(Path("episodes"))      # None where the server keeps no log

A log is read from what somebody uploads, which is deleted once it is read, or out of the server's own folder by a name
that the folder lists. What is open belongs to the browser tab. It is dropped with it, or an hour after it was last
looked at: Gradio counts from when a handler last gave the shelf back, so every handler does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr

from .after_panes import outcome_pane
from .episode_files import Heading, Log, log_names, read_from, read_upload
from .markup import counted, notice
from .replay_panes import KEYS, SIDES, heading, protocol_of, step_pane, steps_table
from .replays import Pair, Replay, ReplayError, side_by_side

KEPT_S = 3600.0
"""Seconds for which logs stay open after the last look at them."""
GONE = "What was open is closed, since nobody looked at it for an hour: open the log again."
CLOSED = "That episode is not open any more: choose another."
MOST_OPEN = 3
"""Logs that a tab has open at most: the oldest makes room."""
NONE = "none"
_UPLOAD = (
    "<h2>Open a log</h2><p>A file of episodes, as a server (<code>--episode-log</code>) or <code>evaluation.py</code> "
    "write it, or one saved from the audit tab. It is read and not kept.</p>"
)
QUIET: Mapping[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 8}
RAW: Mapping[str, Any] = {**QUIET, "preprocess": False}
"""Of events that take a choice or a step: Gradio would check it against a log that was opened since it was made."""


@dataclass(eq=False)
class Shelf:
    """What one browser tab has open."""

    logs: list[Log] = field(default_factory=list)
    left: Replay | None = None
    right: Replay | None = None
    pairs: tuple[Pair, ...] = ()
    shown: tuple[str, str] | None = None
    """What `episodes` calls the two that are shown, the second NONE where there is but one; None before a choice."""

    def put(self, log: Log) -> None:
        """Open a log beside those that are open."""
        self.logs = [*self.logs, log][-MOST_OPEN:]
        # A name may be that of another episode now.
        self.shown = None

    def episodes(self) -> list[tuple[str, str]]:
        """What can be chosen: what it is, and how `replay` takes it."""
        return [
            (_title(log, one), f"{place}:{index}")
            for place, log in enumerate(self.logs)
            for index, one in enumerate(log.headings)
        ]

    def has(self, name: str) -> bool:
        """Whether an episode is called so."""
        return any(name == one for _, one in self.episodes())

    def beside(self, name: str) -> list[tuple[str, str]]:
        """The other episodes of the same task and seed."""
        place, index = map(int, name.split(":"))
        chosen = self.logs[place].headings[index]
        return [
            (told, other)
            for told, other in self.episodes()
            if other != name and _same(chosen, self.logs[int(other.split(":")[0])].headings[int(other.split(":")[1])])
        ]

    def replay(self, name: str) -> Replay:
        """An episode by what `episodes` calls it."""
        place, index = map(int, name.split(":"))
        return self.logs[place].replay(index)

    def show(self, left: str, right: str | None) -> None:
        """Choose one episode, or two of the same seed. Raises ReplayError where they are of different ones."""
        chosen = self.replay(left)
        other = None if right in (None, NONE) else self.replay(right or "")
        pairs = tuple(Pair(frame, None) for frame in chosen.frames) if other is None else side_by_side(chosen, other)
        self.left, self.right, self.pairs = chosen, other, pairs
        self.shown = (left, right or NONE)

    def mistake(self, place: int, step: int) -> int | None:
        """The next place with a wrong decision or a refused action, in a direction, 1 or -1; None if there is none."""
        last = len(self.pairs) if step > 0 else -1
        for at in range(place + step, last, step):
            pair = self.pairs[at]
            if any(frame is not None and frame.went_wrong for frame in (pair.left, pair.right)):
                return at
        return None


def _title(log: Log, one: Heading) -> str:
    """Short enough for a field: "heuristic · easy 900123 · 1.000 · episodes.jsonl:3"."""
    task = one.task.removeprefix("oversight_")
    return f"{one.agent} · {task} {one.seed} · {one.score:.3f} · {log.name}:{one.line}"


def _same(one: Heading, other: Heading) -> bool:
    return (one.task, one.seed) == (other.task, other.seed)


def replay_tab(folder: Path | None) -> None:
    """Put the tab into the Blocks that is being built."""
    _ReplayTab(folder).wire()


class _ReplayTab:
    """The components and what they do."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.shelf = gr.State(time_to_live=KEPT_S)
        with gr.Row(elem_classes="wb-start"):
            with gr.Column(min_width=300):
                gr.HTML(_UPLOAD, js_on_load=None)
                self.upload = gr.UploadButton("Upload an episode log", file_types=[".jsonl"])
            with gr.Column(visible=folder is not None, min_width=300):
                self.names = gr.Dropdown([], label="A log of this server", filterable=False)
                self.read = gr.Button("Open it")
        self.note = gr.HTML(notice("Open a log to replay its episodes."), js_on_load=None, elem_classes="wb-note")
        with gr.Column(visible=False) as self.board:
            gr.HTML("<h2>Episode</h2>", js_on_load=None, elem_classes="wb-h2")
            with gr.Row():
                self.first = gr.Dropdown([], label="Episode", min_width=300)
                self.second = gr.Dropdown([], label="Beside it, of the same seed", filterable=False, min_width=300)
            self.head = gr.HTML(js_on_load=None)
            self.step = gr.Slider(1, 2, value=1, step=1, label="Step")
            with gr.Row():
                self.back = gr.Button("Step before", min_width=120)
                self.on = gr.Button("Next step", min_width=120)
                self.wrong_back = gr.Button("Mistake before", min_width=120)
                self.wrong_on = gr.Button("Next mistake", min_width=120)
            self.frame = gr.HTML(js_on_load=None)
            self.protocol = gr.HTML(js_on_load=None)
            with gr.Accordion("All steps", open=False):
                self.steps = gr.HTML(js_on_load=None)
            with gr.Accordion("Outcome", open=False):
                self.outcome = gr.HTML(js_on_load=None)

    def wire(self) -> None:
        """Say what the buttons do."""
        shown: list[Any] = [
            *(self.shelf, self.upload, self.names, self.note, self.board, self.first, self.second, self.head),
            *(self.step, self.frame, self.protocol, self.steps, self.outcome),
        ]
        self.upload.upload(self._uploaded, [self.shelf, self.upload], shown, **QUIET)
        self.read.click(self._named, [self.shelf, self.names], shown, **RAW)
        self.first.input(self._chosen, [self.shelf, self.first], shown, **RAW)
        self.second.input(self._beside, [self.shelf, self.first, self.second], shown, **RAW)
        at = [self.shelf, self.step]
        self.step.change(lambda shelf, step: self._at(shelf, step), at, shown, **RAW)
        for button, move in (
            (self.back, lambda shelf, place: max(place - 1, 0)),
            (self.on, lambda shelf, place: min(place + 1, len(shelf.pairs) - 1)),
            (self.wrong_back, lambda shelf, place: shelf.mistake(place, -1)),
            (self.wrong_on, lambda shelf, place: shelf.mistake(place, 1)),
        ):
            button.click(self._move(move), at, shown, **RAW)
        context = gr.context.Context.root_block
        assert context is not None, "the tab is put into a Blocks"
        if self._folder is not None:
            context.load(self._listed, None, shown, **QUIET)
            self.names.focus(self._listed, None, shown, **QUIET)

    def _listed(self) -> dict[Any, Any]:
        return {self.names: gr.Dropdown(list(log_names(self._folder or Path())))}

    def _uploaded(self, shelf: Shelf | None, path: str | None) -> dict[Any, Any]:
        if path is None:
            return {self.shelf: shelf}
        file = Path(path).resolve()
        lost = {self.shelf: shelf, self.note: notice(f"{file.name} got lost: send it again.", wrong=True)}
        if not file.is_relative_to(Path(gr.utils.get_upload_folder()).resolve()):
            return lost
        try:
            data = file.read_bytes()
        except OSError:
            # Gradio names files by their content: somebody else may have sent the same, and it was deleted for them.
            return lost
        finally:
            # It is in a folder of Gradio's, which would keep it for as long as the server runs.
            file.unlink(missing_ok=True)
        return self._open(shelf, lambda: read_upload(data, file.name)) | {self.upload: None}

    def _named(self, shelf: Shelf | None, name: str | None) -> dict[Any, Any]:
        if self._folder is None or not name:
            return {self.shelf: shelf, self.note: notice("Choose a log first.", wrong=True)}
        folder = self._folder
        return self._open(shelf, lambda: read_from(folder, name))

    def _open(self, shelf: Shelf | None, read: Callable[[], Log]) -> dict[Any, Any]:
        shelf = shelf or Shelf()
        try:
            log = read()
        except ReplayError as problem:
            return {self.shelf: shelf, self.note: notice(str(problem), wrong=True)}
        shelf.put(log)
        told = f"{log.name}: {counted(len(log.headings), 'episode')}."
        place = len(shelf.logs) - 1
        choices = {self.first: gr.Dropdown(shelf.episodes(), value=f"{place}:0")}
        shown = self._chosen(shelf, f"{place}:0")
        note = notice(told) + "".join(notice(one, wrong=True) for one in log.refused)
        return shown | choices | {self.shelf: shelf, self.board: gr.Column(visible=True), self.note: note}

    def _chosen(self, shelf: Shelf | None, name: str) -> dict[Any, Any]:
        if shelf is None:
            return self._gone()
        if not shelf.has(name):
            return {self.shelf: shelf, self.note: notice(CLOSED, wrong=True)}
        # Gradio tells of a choice, too, when a field of choices loses the focus: nothing was chosen then.
        if shelf.shown is not None and shelf.shown[0] == name:
            return {self.shelf: shelf}
        others = gr.Dropdown([(NONE, NONE), *shelf.beside(name)], value=NONE)
        return self._show(shelf, name, NONE) | {self.second: others}

    def _beside(self, shelf: Shelf | None, left: str, right: str) -> dict[Any, Any]:
        if shelf is None:
            return self._gone()
        if not shelf.has(left) or not (right in (None, NONE) or shelf.has(right)):
            return {self.shelf: shelf, self.note: notice(CLOSED, wrong=True)}
        if shelf.shown == (left, right or NONE):
            return {self.shelf: shelf}
        return self._show(shelf, left, right)

    def _gone(self) -> dict[Any, Any]:
        return {self.note: notice(GONE, wrong=True)}

    def _show(self, shelf: Shelf, left: str, right: str) -> dict[Any, Any]:
        try:
            shelf.show(left, right)
        except ReplayError as problem:
            return {self.shelf: shelf, self.note: notice(str(problem), wrong=True)}
        assert shelf.left is not None, "it was just chosen"
        both = [one for one in (shelf.left, shelf.right) if one is not None]
        heads, ends, protocols = (
            [part(one, key) for one, key in zip(both, KEYS, strict=False)] for part in (_head, _end, protocol_of)
        )
        if len(both) > 1:
            heads = [f"<h3>{side}</h3>{head}" for side, head in zip(SIDES, heads, strict=True)]
        return {
            self.note: "",
            self.protocol: _beside(protocols),
            self.head: _beside(heads),
            self.step: gr.Slider(1, max(len(shelf.pairs), 2), value=1),
            self.steps: steps_table(shelf.pairs, shelf.left, shelf.right),
            self.outcome: _beside(ends),
            **self._at(shelf, 1),
        }

    def _at(self, shelf: Shelf | None, step: float | None) -> dict[Any, Any]:
        if shelf is None:
            return self._gone()
        if shelf.left is None:
            return {self.shelf: shelf, self.frame: ""}
        place = _place(shelf, step)
        return {self.shelf: shelf, self.frame: step_pane(shelf.pairs[place], shelf.left, shelf.right)}

    def _move(self, move: Callable[[Shelf, int], int | None]) -> Callable[..., dict[Any, Any]]:
        def moved(shelf: Shelf | None, step: float | None) -> dict[Any, Any]:
            if shelf is None:
                return self._gone()
            if shelf.left is None:
                return {self.shelf: shelf, self.note: notice("Open a log first.", wrong=True)}
            place = move(shelf, _place(shelf, step))
            if place is None:
                return {self.shelf: shelf, self.note: notice("There is no further mistake that way.")}
            return {self.note: "", self.step: place + 1, **self._at(shelf, place + 1)}

        return moved


def _place(shelf: Shelf, step: float | None) -> int:
    """Of the step in the field, which may be emptied, or hold any number."""
    return min(max(int(step or 1) - 1, 0), len(shelf.pairs) - 1)


def _head(replay: Replay, key: str) -> str:
    return heading(replay)


def _end(replay: Replay, key: str) -> str:
    return heading(replay) + outcome_pane(replay.after, key=key)


def _beside(parts: list[str]) -> str:
    return f'<div class="wb-two">{"".join(f"<div>{part}</div>" for part in parts)}</div>'
