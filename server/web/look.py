"""How the page looks: its style, its colours on light and on dark, and what it does to a citation.

    dress(gradio_app.blocks)

openenv mounts the page with a theme whose fonts come from another host. Fonts here are the reader's own: nothing is
loaded from anywhere but the server itself.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

STYLE = """
.gradio-container { max-width: 1500px !important; width: 100% !important; margin: 0 auto !important;
  overflow: clip !important;
  --wb-good: #1a7f37; --wb-bad: #c4320a;
  --wb-band: #2f6fb2; --wb-line: #767c85; --wb-link: #0b57a4; }
.dark .gradio-container, .gradio-container.dark, .dark { --wb-good: #4cc46f; --wb-bad: #ff8a66; --wb-band: #6fb1f0;
  --wb-line: #8f959e; --wb-link: #8ec3ff; }
.gradio-container :focus-visible { outline: 3px solid var(--wb-link) !important; outline-offset: 2px; }
.wb-head h1 { font-size: 1.6rem; margin: .2em 0; }
.wb-head p { margin: 0; }
.wb-pane { border: 1px solid var(--border-color-primary); border-radius: 10px; padding: 14px 16px !important;
  min-width: min(320px, 100%) !important; }
.wb-pane h2, .wb-after h2, .wb-start .prose h2, .wb-h2 h2 { font-size: 1.15rem; margin: 0; }
.wb-pane h3, .wb-after h3 { font-size: 1.02rem; margin: .6em 0 .2em; }
.wb-pane h4, .wb-after h4 { font-size: .92rem; margin: .5em 0 .1em; }
.wb-bar { display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 8px 0; border-bottom: 1px solid
  var(--border-color-primary); align-items: baseline; }
.prose .wb-bar a { padding: 0; margin: 0; }
.wb-bar a, .wb-cite, .wb-save { color: var(--wb-link) !important; text-decoration: underline !important; }
.wb-cite { white-space: nowrap; }
.wb-faint { color: var(--body-text-color-subdued); }
.wb-wrong, .prose .wb-wrong b { color: var(--wb-bad); font-weight: 600; }
.wb-wrong:empty { display: none; }
.block.wb-note { position: sticky; top: 0; z-index: 20; background: var(--body-background-fill);
  border-bottom: 1px solid var(--border-color-primary); }
.wb-note p { margin: 4px 0; }
.wb-note:not(:has(p)), .wb-empty:has(.prose:empty) { display: none !important; }
.wb-note .html-container, .wb-status .html-container { padding-block: 2px !important; }
.wb-pane, .wb-pane .column { gap: 10px !important; }
.wb-pane button.lg { font-size: .95rem; padding: 8px 10px; }
.wb-bar, .wb-note { font-size: .95rem; }
.wb-pane .html-container { padding: 0 !important; }
.prose a.wb-cite { padding: 0; margin: 0; }
.wb-prose { white-space: pre-wrap; overflow-wrap: anywhere; margin: .4em 0; }
blockquote.wb-prose { border-left: 3px solid var(--wb-line); padding: .2em 0 .2em .8em; font-style: normal; }
.wb-decided { border: 1px solid var(--wb-line); border-radius: 6px; padding: .4em .6em; }
.wb-section { margin: .35em 0; padding: .15em .3em; border-radius: 4px; scroll-margin-top: 12px; }
.wb-section:focus, .wb-pane h3:focus { background: color-mix(in srgb, var(--wb-band) 22%, transparent); }
dl.wb-facts { margin: .2em 0; }
dl.wb-facts > div { display: grid; grid-template-columns: minmax(7.5em, 42%) 1fr; gap: 10px; padding: 1px 0; }
dl.wb-facts dt { color: var(--body-text-color-subdued); }
dl.wb-facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.wb-after { border: 2px solid var(--wb-line); border-radius: 10px; padding: 10px 18px; margin: 10px 0; }
.wb-after > dl.wb-facts { columns: 2 22em; column-gap: 2.5em; }
.wb-after > dl.wb-facts > div { grid-template-columns: 1fr auto; break-inside: avoid; }
.wb-pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr)); gap: 18px;
  margin: 10px 0; }
.wb-pictures.wb-wide { grid-template-columns: repeat(auto-fit, minmax(min(520px, 100%), 1fr)); }
.wb-pictures img { width: 100%; height: auto; background: #fff; border-radius: 6px; }
.wb-pictures figure { margin: 0; min-width: 0; }
.wb-plot { overflow-x: auto; }
.wb-cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr)); gap: 12px; }
.wb-cards article { border: 1px solid var(--border-color-primary); border-left: 5px solid var(--wb-good);
  border-radius: 6px; padding: 4px 12px; overflow-wrap: anywhere; }
.wb-cards article.wb-mistake { border-left-color: var(--wb-bad); }
.wb-cards article.wb-open { border-left-color: var(--wb-line); }
.wb-cards p { margin: .35em 0; }
.wb-two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr)); gap: 14px; }
.wb-frame { border: 1px solid var(--border-color-primary); border-radius: 8px; padding: 8px 14px; min-width: 0; }
.wb-frame pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .2em 0; background: none; }
.wb-frame pre.wb-wrong { color: var(--wb-bad); }
.prose code { overflow-wrap: anywhere; white-space: pre-wrap; }
.prose table.wb-table { border: 0; border-collapse: collapse; width: 100%; font-size: .92rem; margin: .3em 0; }
.prose table.wb-table tr { border: 0; }
.prose table.wb-table th, .prose table.wb-table td { border: 0; padding: 4px 8px; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; font-variant-numeric: tabular-nums;
  border-bottom: 1px solid var(--border-color-primary); }
.wb-wide-table { overflow-x: auto; }
.wb-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.prose table.wb-table th, .prose table.wb-table td.wb-short { overflow-wrap: break-word; }
.prose table.wb-grid td.wb-short { white-space: nowrap; }
.prose table.wb-grid td:first-child { position: sticky; left: 0; background: var(--body-background-fill); }
@media (max-width: 640px) {
  .gr-accordion .html-container { padding-inline: 0 !important; }
  .wb-start > button { align-self: stretch; padding-inline: 8px; font-size: .95rem; }
  .wb-plot img { min-width: 640px; }
  .prose table.wb-grid td:first-child { white-space: normal; overflow-wrap: anywhere; min-width: 7em; max-width: 40vw; }
  .prose table.wb-table:not(.wb-grid), .prose table.wb-table:not(.wb-grid) tbody { display: block; }
  .prose table.wb-table:not(.wb-grid) thead { display: none; }
  .prose table.wb-table:not(.wb-grid) tr { display: block; padding: 6px 0;
    border-bottom: 2px solid var(--border-color-primary); }
  .prose table.wb-table:not(.wb-grid) td { display: grid; grid-template-columns: 5.5em minmax(0, 1fr);
    gap: 8px; border: 0; padding: 1px 0; }
  .prose table.wb-table:not(.wb-grid) td:empty { display: none; }
  .prose table.wb-table:not(.wb-grid) td::before { content: attr(data-head); color: var(--body-text-color-subdued); }
}
.token.string { color: #4d7300; }
.dark .token.string { color: #98c379; }
.wb-files li { margin: .3em 0; }
.wb-list .wrap { flex-direction: column !important; gap: 6px; }
.wb-list label { width: 100%; }
.wb-start button, .wb-pair button { align-self: end; }
input[role=listbox], input[role=combobox] { text-overflow: ellipsis; padding-right: 1.8em !important; }
footer { display: none !important; }
"""

FOLLOW = """() => {
    document.addEventListener("click", (event) => {
        const link = event.target.closest("a.wb-cite");
        if (!link) return;
        event.preventDefault();
        const place = document.getElementById(link.getAttribute("href").slice(1));
        const folded = place && place.closest("details");
        if (folded) folded.open = true;
        for (const line of document.querySelectorAll(`.wb-lookup[data-key="${link.dataset.key}"]`)) {
            line.textContent = place ? "" : `${link.dataset.cited}: the protocol has no such section.`;
        }
        if (place) { place.scrollIntoView({block: "center"}); place.focus({preventScroll: true}); }
    });
}"""
"""Leads a citation to its section in the protocol that its key names, or says that this has none of that name."""

STAY = """() => {
    let itself = false;
    window.navigation?.addEventListener("navigate", (event) => {
        itself = event.navigationType === "reload" && !event.userInitiated;
    });
    window.addEventListener("beforeunload", (event) => {
        if (!itself && document.querySelector(".wb-bar[data-under-way]")) event.preventDefault();
    });
}"""
"""Has the browser ask before it leaves an audit that is under way, or an unsaved outcome: both end with the tab.

Not where Gradio loads the page anew since it has lost its connection: the audit goes on there, and a reader who stayed
would have a page in which no button works."""

TAB = """() => {
    let name = sessionStorage.getItem("wb-tab");
    if (!name) {
        name = [...crypto.getRandomValues(new Uint8Array(24))].map((one) => one.toString(16).padStart(2, "0")).join("");
        sessionStorage.setItem("wb-tab", name);
    }
    return name;
}"""
"""The name of a tab, by which a page that is opened in it anew is given the audit that the one before had."""


ARROWS = """() => {
    const moves = {ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1};
    document.addEventListener("keydown", (event) => {
        const list = event.target.closest(".wb-list");
        if (!list || event.target.type !== "radio" || !(event.key in moves)) return;
        if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        const all = [...list.querySelectorAll("input[type=radio]")];
        const next = all[(all.indexOf(event.target) + moves[event.key] + all.length) % all.length];
        next.focus();
        next.click();
    });
}"""
"""Has the arrow keys choose in the list of proposals: Gradio's radio buttons are no group to a browser."""


def theme() -> gr.themes.Base:
    """The theme, with the reader's own fonts."""
    base = gr.themes.Base(
        primary_hue="green",
        secondary_hue="zinc",
        neutral_hue="zinc",
        font=("system-ui", "sans-serif"),
        font_mono=("ui-monospace", "monospace"),
    )
    # The theme's own greys and greens cannot be read by everybody: these have a contrast of 4.5 and more.
    return base.set(
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_label_text_color="*neutral_700",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        input_placeholder_color="*neutral_600",
        input_placeholder_color_dark="*neutral_400",
        input_border_color="*neutral_400",
        input_border_width="1px",
        input_background_fill="white",
        button_primary_background_fill="*primary_800",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_700",
        button_primary_text_color="white",
        button_secondary_background_fill="*neutral_100",
        button_secondary_border_color="*neutral_400",
        button_border_width="1px",
        link_text_color="#0b57a4",
        link_text_color_hover="#0b57a4",
        link_text_color_visited="#0b57a4",
        link_text_color_active="#0b57a4",
        link_text_color_dark="#8ec3ff",
        link_text_color_hover_dark="#8ec3ff",
        link_text_color_visited_dark="#8ec3ff",
        link_text_color_active_dark="#8ec3ff",
        color_accent="*primary_800",
        checkbox_background_color_selected="*primary_800",
        checkbox_background_color_selected_dark="*primary_500",
        slider_color="*primary_800",
        slider_color_dark="*primary_500",
    )


def dress(blocks: Any) -> None:
    """Give the page that openenv has mounted our look in place of its own, and keep no history of its runs.

    Args:
        blocks: The Gradio Blocks that is mounted.
    """
    blocks.theme = theme()
    blocks.css = f"{blocks.css}\n{STYLE}"
    blocks._set_html_css_theme_variables()
    blocks.run_history = False
    blocks.footer_links = []
    blocks.config = blocks.get_config_file()
