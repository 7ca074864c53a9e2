"""How the page looks: one accent colour, system fonts, one type scale, light and dark both designed.

Charts and hand-made HTML use the CSS variables defined here, so that they follow the reader's colour scheme.
"""

from pathlib import Path

import gradio as gr

SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]
# Ctrl+Enter presses the main button that is nearest to where one types: of several the first that follows. Escape stops what writes or
# trains, in the stage where one is before any other; an open list it only folds.
PRESSES = """
() => document.addEventListener('keydown', event => {
  const shown = button => !button.disabled && button.offsetParent;
  const here = document.activeElement, stage = here?.closest('.gh-stage');
  if (event.key === 'Escape' && here?.getAttribute('aria-expanded') !== 'true') {
    const stops = [...document.querySelectorAll('#stop, .gh-stop')].filter(shown);
    (stops.find(button => stage?.contains(button)) || stops[0])?.click();
  }
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    let main;
    for (let box = here; !main && stage?.contains(box); box = box.parentElement) {
      const found = [...box.querySelectorAll('button.primary, button.gh-enter')].filter(shown);
      main = found.find(button => here.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING) || found[0];
    }
    if (main) { event.preventDefault(); here.blur(); setTimeout(() => main.click(), 60); }
  }
})
"""
# Says of every table in which direction there is more of it (page.css fades it out there), and lets the keyboard scroll what scrolls.
EDGES = """
() => {
  const name = 'Table with more than is in view: the arrow keys scroll it';
  const sides = box => [
    box.scrollLeft > 1 && 'left',
    box.scrollLeft + box.clientWidth < box.scrollWidth - 1 && 'right',
    box.scrollTop + box.clientHeight < box.scrollHeight - 1 && 'down',
  ].filter(Boolean).join(' ');
  const look = box => {
    const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    const wanted = scrolls ? {'data-more': sides(box), tabindex: '0', role: 'region', 'aria-label': name} : {};
    for (const key of ['data-more', 'tabindex', 'role', 'aria-label']) {
      if (!(key in wanted)) box.removeAttribute(key);
      else if (box.getAttribute(key) !== wanted[key]) box.setAttribute(key, wanted[key]);
    }
  };
  const sizes = new ResizeObserver(changes => changes.forEach(change => look(change.target)));
  const known = new WeakSet();
  let waiting = false;
  const search = () => {
    waiting = false;
    document.querySelectorAll('.gh .scroll').forEach(box => {
      if (!known.has(box)) { known.add(box); sizes.observe(box); }
      look(box);
    });
  };
  const later = () => { if (!waiting) { waiting = true; requestAnimationFrame(search); } };
  new MutationObserver(later).observe(document.body, {childList: true, subtree: true});
  document.addEventListener('scroll', event => { if (event.target.matches?.('.gh .scroll')) look(event.target); }, true);
  later();
}
"""
# What a visitor expects of a line of the course stays in the browser, and stands again where the answer is looked for.
COMMITS = """
() => {
  const stored = (number, text) => {
    try {
      if (text !== undefined) localStorage.setItem(`genhub-commit-${number}`, text);
      return localStorage.getItem(`genhub-commit-${number}`) || '';
    } catch { return ''; }
  };
  let waiting = false;
  const fill = () => {
    waiting = false;
    document.querySelectorAll('.gh-commit:not([data-filled])').forEach(box => { box.dataset.filled = 'yes'; box.value = stored(box.dataset.commit); });
    document.querySelectorAll('.gh-expected').forEach(box => {
      const said = stored(box.dataset.commit), text = said && `You expected: “${said}”`;
      if (box.textContent !== text) box.textContent = text;
    });
  };
  document.addEventListener('input', event => { if (event.target.matches?.('.gh-commit')) stored(event.target.dataset.commit, event.target.value); });
  new MutationObserver(() => { if (!waiting) { waiting = true; requestAnimationFrame(fill); } }).observe(document.body, {childList: true, subtree: true});
}
"""
# An open list of choices that scrolls would be a stop of the keyboard; it vanishes on the way there, and nobody would see where one is.
LISTS = """
() => document.addEventListener('keydown', event => {
  if (event.key === 'Tab') for (const list of document.querySelectorAll('ul[role="listbox"]')) list.tabIndex = -1;
}, true)
"""
KEYS = f"() => {{ ({PRESSES})(); ({EDGES})(); ({COMMITS})(); ({LISTS})(); }}"
STYLES = [
    Path(__file__).parent / "assets" / name
    for name in ("page.css", "start.css", "generate.css", "inside.css", "translate.css", "images.css", "augment.css")
]


def build() -> gr.themes.Base:
    """The Gradio theme; fonts are the reader's own, so the page asks no other host for anything."""
    theme = gr.themes.Base(
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_sm,
        spacing_size=gr.themes.sizes.spacing_md,
        text_size=gr.themes.sizes.text_md,
        font=SANS,
        font_mono=MONO,
    )
    return theme.set(
        body_background_fill="#fcfbf8",
        body_background_fill_dark="#16181a",
        body_text_color="#22252a",
        body_text_color_dark="#e6e4df",
        body_text_color_subdued="#5b6068",
        body_text_color_subdued_dark="#a5a8ad",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1d2023",
        background_fill_secondary="#f5f3ee",
        background_fill_secondary_dark="#23272b",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_text_color="#5b6068",
        block_label_text_color_dark="#a5a8ad",
        block_label_text_weight="500",
        block_title_text_weight="500",
        block_title_text_color="#22252a",
        block_title_text_color_dark="#e6e4df",
        block_info_text_color="#5b6068",
        block_info_text_color_dark="#a5a8ad",
        border_color_primary="#dcd8cf",
        border_color_primary_dark="#3a3f45",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1d2023",
        input_border_color="#c9c4b9",
        input_border_color_dark="#4a5058",
        input_border_width="1px",
        input_shadow="none",
        input_shadow_focus="0 0 0 3px color-mix(in srgb, #0b5c94 25%, transparent)",
        input_border_color_focus="#0b5c94",
        button_primary_background_fill="#0b5c94",
        button_primary_background_fill_hover="#094a78",
        button_primary_background_fill_dark="#0f6bab",
        button_primary_background_fill_hover_dark="#1480cb",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#ffffff",
        button_primary_border_color="#0b5c94",
        button_primary_border_color_dark="#0f6bab",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_hover="#f0ede6",
        button_secondary_background_fill_dark="#23272b",
        button_secondary_background_fill_hover_dark="#2d3238",
        button_secondary_border_color="#c9c4b9",
        button_secondary_border_color_dark="#4a5058",
        button_secondary_text_color="#22252a",
        button_secondary_text_color_dark="#e6e4df",
        button_transition="none",
        checkbox_label_background_fill="transparent",
        checkbox_label_background_fill_dark="transparent",
        checkbox_label_border_width="1px",
        checkbox_background_color_selected="#0b5c94",
        checkbox_background_color_selected_dark="#0f6bab",
        slider_color="#0b5c94",
        slider_color_dark="#4aa3dd",
        color_accent="#0b5c94",
        color_accent_soft="#e4eef6",
        color_accent_soft_dark="#1d3346",
        link_text_color="#0b5c94",
        link_text_color_dark="#7dbfea",
        link_text_color_visited="#0b5c94",
        link_text_color_visited_dark="#7dbfea",
        loader_color="#0b5c94",
    )


def css() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in STYLES)
