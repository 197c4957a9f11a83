"""The tab with what evaluation and training wrote: tables that sort and filter, as CSV too, and pictures.

    with gr.Blocks():
        results_tab(Path("outputs"))

The folder is read anew when the page is opened, at every change of a field and on request. What its files say is
escaped.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from synth_audit_env.server.web import markup
from synth_audit_env.server.web.markup import notice, saved_as
from synth_audit_env.server.web.result_tables import Cell, Table
from synth_audit_env.server.web.results import RefusedError, Section, csv_text, picture_bytes, read_results

QUIET: Mapping[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": 8,
    "trigger_mode": "always_last",
    "preprocess": False,
}
"""Of every event.

What is typed while one is answered is answered after it. Gradio checks a choice against the newest choices, which
another event may have changed since it was made: here a choice that is gone is taken for none.
"""
AS_WRITTEN = "as written"
MOST_ROWS = 500
"""Of a table that are shown; the CSV has all of them."""
_SMALLEST = 5e-4
"""What three decimals can tell from nothing."""


def results_tab(outputs: Path) -> None:
    """Put the tab into the Blocks that is being built."""
    _ResultsTab(outputs).wire()


def filtered(table: Table, wanted: str) -> Table:
    """The rows that have every one of the words somewhere in them, whatever their case."""
    sought = wanted.casefold().split()
    rows = [row for row in table.rows if all(word in _text(row) for word in sought)]
    return Table(table.title, table.columns, tuple(rows), table.note)


def ordered(table: Table, column: str | None, largest_first: bool) -> Table:
    """The rows by one column: numbers by size, texts by letters, and what is blank always last."""
    if column not in table.columns:
        return table
    at = table.columns.index(column)
    known = [row for row in table.rows if row[at] is not None]
    blank = [row for row in table.rows if row[at] is None]
    numbers = all(isinstance(row[at], int | float) for row in known)

    def place(row: tuple[Cell, ...]) -> Any:
        return row[at] if numbers else str(row[at]).casefold()

    rows = sorted(known, key=place, reverse=largest_first)
    return Table(table.title, table.columns, (*rows, *blank), table.note)


def _text(row: tuple[Cell, ...]) -> str:
    return " ".join(str(cell) for cell in row if cell is not None).casefold()


class _ResultsTab:
    """The components and what they do."""

    def __init__(self, outputs: Path) -> None:
        self._outputs = outputs
        with gr.Row(elem_classes="wb-start", equal_height=True):
            self.section = gr.Dropdown([], label="Results of", filterable=False, min_width=200)
            self.table = gr.Dropdown([], label="Table", filterable=False, min_width=200)
            self.wanted = gr.Textbox(label="Only rows with", placeholder="heuristic hard", max_lines=1, min_width=200)
            self.order = gr.Dropdown([AS_WRITTEN], label="Sorted by", filterable=False, min_width=160)
            self.down = gr.Checkbox(label="Largest first", min_width=120)
            self.again = gr.Button("Read them again", min_width=140)
        self.note = gr.HTML(js_on_load=None, elem_classes="wb-note")
        # Not a Dataframe of Gradio's: the keyboard does not reach its menus, and it scrolls within the page.
        self.rows = gr.HTML(js_on_load=None, elem_classes="wb-scroll")
        self.file = gr.HTML(js_on_load=None)
        self.pictures = gr.HTML(js_on_load=None)

    def wire(self) -> None:
        """Say what the fields do."""
        shown: list[Any] = [self.section, self.table, self.order, self.note, self.rows, self.file, self.pictures]
        context = gr.context.Context.root_block
        assert context is not None, "the tab is put into a Blocks"
        # Every handler is given what the fields say: what they show is what holds for the rows and the CSV.
        of_rows = [self.section, self.table, self.wanted, self.order, self.down]
        context.load(self._read, of_rows, shown, **QUIET)
        gr.on([self.again.click, self.section.input], self._read, of_rows, shown, **QUIET)
        self.table.input(self._choose, of_rows, shown, **QUIET)
        gr.on([self.wanted.change, self.order.input, self.down.input], self._arrange, of_rows, shown, **QUIET)

    def _read(
        self, title: str | None, table: str | None, wanted: str | None, order: str | None, down: bool
    ) -> dict[Any, Any]:
        sections = read_results(self._outputs)
        chosen = next((one for one in sections if one.title == title), sections[0])
        kept = _titled(chosen, table)
        return {
            self.section: gr.Dropdown([one.title for one in sections], value=chosen.title),
            self.table: gr.Dropdown([one.title for one in chosen.tables], value=None if kept is None else kept.title),
            self.pictures: self._pictures(chosen),
            **self._table(chosen, table, wanted, order, down),
        }

    def _choose(
        self, title: str | None, table: str | None, wanted: str | None, order: str | None, down: bool
    ) -> dict[Any, Any]:
        return self._table(self._section(title), table, wanted, order, down)

    def _arrange(
        self, title: str | None, table: str | None, wanted: str | None, order: str | None, down: bool
    ) -> dict[Any, Any]:
        return self._rows(self._section(title), table, wanted, order, down)

    def _section(self, title: str | None) -> Section:
        sections = read_results(self._outputs)
        return next((one for one in sections if one.title == title), sections[0])

    def _table(
        self, section: Section, title: str | None, wanted: str | None, order: str | None, down: bool
    ) -> dict[Any, Any]:
        chosen = _titled(section, title)
        columns = () if chosen is None else chosen.columns
        # A table that has no such column is shown as it was written, and the field says so.
        kept = order if order in columns else AS_WRITTEN
        return {
            self.order: gr.Dropdown([AS_WRITTEN, *columns], value=kept),
            **self._rows(section, title, wanted, kept, down),
        }

    def _rows(
        self, section: Section, title: str | None, wanted: str | None, order: str | None, down: bool
    ) -> dict[Any, Any]:
        problems = "".join(notice(one, wrong=True, code=True) for one in section.problems)
        chosen = _titled(section, title)
        if chosen is None:
            return {self.note: problems or notice("There is no table here."), self.rows: "", self.file: _page(section)}
        kept = ordered(filtered(chosen, wanted or ""), order, down)
        count = f"{len(kept.rows)} of {len(chosen.rows)} rows."
        more = f" The first {MOST_ROWS} are shown." if len(kept.rows) > MOST_ROWS else ""
        name = f"{section.title}-{chosen.title}".lower().replace("/", "-").replace(" ", "-")
        csv = saved_as("Save these rows as CSV", f"{name}.csv", csv_text(kept).encode(), "text/csv")
        rows = [[_cell(cell) for cell in row] for row in kept.rows[:MOST_ROWS]]
        return {
            self.note: problems + notice(f"{chosen.title}. {count}{more} {chosen.note}", code=True),
            self.rows: markup.table(kept.columns, rows, label=f"{section.title}: {chosen.title}", wide=True),
            self.file: f"<p>{csv}</p>{_page(section)}",
        }

    def _pictures(self, section: Section) -> str:
        figures = []
        for picture in section.pictures:
            try:
                png = picture_bytes(self._outputs, picture.path)
            except RefusedError as problem:
                figures.append(notice(str(problem), wrong=True))
                continue
            content = base64.b64encode(png).decode()
            shown = f'<img src="data:image/png;base64,{content}" alt="{escape(picture.alt)}">'
            # On a narrow screen it keeps a width at which it can be read, and scrolls to the side, by keys too.
            scroller = (
                f'<div class="wb-plot" role="region" aria-label="{escape(picture.alt)}" tabindex="0">{shown}</div>'
            )
            # Saved, not opened: a browser opens no page that is in a link.
            full = saved_as("Save it in full size", picture.path.replace("/", "-"), png, "image/png")
            figures.append(f"<figure>{scroller}<figcaption>{escape(picture.alt)}. {full}</figcaption></figure>")
        return f'<div class="wb-pictures wb-wide">{"".join(figures)}</div>' if figures else ""


def _titled(section: Section, title: str | None) -> Table | None:
    """The table of that title; where it is of another section, the first, and none where there is none."""
    return next((one for one in section.tables if one.title == title), next(iter(section.tables), None))


def _page(section: Section) -> str:
    """A link to the page written with the tables. Not shown: its pictures would be asked of any host that it names."""
    if section.page is None:
        return ""
    name = f"{section.title.replace('/', '-')}-table.md"
    return f"<p>{saved_as('Save the page of this run', name, section.page.encode(), 'text/markdown')}</p>"


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if not isinstance(cell, float):
        return str(cell)
    # Three decimals, so that a column lines up; a learning rate would be nothing in three.
    small = 0 < abs(cell) < _SMALLEST
    return (f"{cell:.2e}" if small else f"{cell:.3f}").replace("-", "−")
