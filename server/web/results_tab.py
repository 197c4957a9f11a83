"""The tab with what evaluation and training wrote: the tables and pictures of one folder at a time.

    with gr.Blocks():
        results_tab(Path("outputs"))

The folder is read anew when the page is opened, at every choice and on request. What its files say is escaped.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from . import markup
from .markup import notice, saved_as
from .result_tables import Cell, Table
from .results import RefusedError, Section, picture_bytes, read_results

QUIET: Mapping[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": 8,
    "trigger_mode": "always_last",
    "preprocess": False,
}
"""Of every event.

Gradio checks a choice against the newest choices, which another event may have changed since it was made: here a choice
that is gone is taken for none.
"""
MOST_ROWS = 1_000
"""Of a table that are shown."""
_SMALLEST = 5e-4
"""What three decimals can tell from nothing."""


def results_tab(outputs: Path) -> None:
    """Put the tab into the Blocks that is being built."""
    with gr.Row(elem_classes="wb-start", equal_height=True):
        section = gr.Dropdown([], label="Results of", filterable=False, min_width=200)
        again = gr.Button("Read them again", min_width=140)
    # Not a Dataframe of Gradio's: the keyboard does not reach its menus, and it scrolls within the page.
    shown = gr.HTML(js_on_load=None, elem_classes="wb-scroll")

    def read(title: str | None) -> tuple[gr.Dropdown, str]:
        sections = read_results(outputs)
        chosen = next((one for one in sections if one.title == title), sections[0])
        return gr.Dropdown([one.title for one in sections], value=chosen.title), section_pane(outputs, chosen)

    context = gr.context.Context.root_block
    assert context is not None, "the tab is put into a Blocks"
    gr.on([context.load, again.click, section.input], read, section, [section, shown], **QUIET)


def section_pane(outputs: Path, section: Section) -> str:
    """What a folder holds, the tables after the first folded, and what of it is missing or cannot be read."""
    problems = "".join(notice(one, wrong=True, code=True) for one in section.problems)
    tables = "".join(_table(section, one, folded=one is not section.tables[0]) for one in section.tables)
    pictures = "".join(_pictures(outputs, section))
    return f'{problems}{tables}{_page(section)}<div class="wb-pictures wb-wide">{pictures}</div>'


def _table(section: Section, table: Table, *, folded: bool) -> str:
    count = markup.counted(len(table.rows), "row")
    more = f", of which the first {MOST_ROWS} are shown" if len(table.rows) > MOST_ROWS else ""
    about = notice(f"{count}{more}. {table.note}", code=True)
    rows = [[_cell(cell) for cell in row] for row in table.rows[:MOST_ROWS]]
    label = f"{section.title}: {table.title}"
    shown = (
        f"<summary>{escape(table.title)}</summary>{about}{markup.table(table.columns, rows, label=label, wide=True)}"
    )
    return f"<details{'' if folded else ' open'}>{shown}</details>"


def _pictures(outputs: Path, section: Section) -> Iterator[str]:
    for picture in section.pictures:
        try:
            png = picture_bytes(outputs, picture.path)
        except RefusedError as problem:
            yield notice(str(problem), wrong=True)
            continue
        alt, content = escape(picture.alt), base64.b64encode(png).decode()
        # On a narrow screen it keeps a width at which it can be read, and scrolls to the side, by keys too.
        scroller = (
            f'<div class="wb-plot" role="region" aria-label="{alt}" tabindex="0">'
            f'<img src="data:image/png;base64,{content}" alt="{alt}"></div>'
        )
        # Saved, not opened: a browser opens no page that is in a link.
        full = saved_as("Save it in full size", picture.path.replace("/", "-"), png, "image/png")
        yield f"<figure>{scroller}<figcaption>{alt}. {full}</figcaption></figure>"


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
