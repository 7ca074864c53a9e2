"""Stage 4 of Generate: the tree of a beam search, with the score of every hypothesis and the path that greedy decoding takes."""

import math

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.training.configs import GenerateConfig
from genhub.ui import forms, markup, tokens
from genhub.ui.generate import writer
from genhub.ui.wiring import Wires

STAGE = "4  Beam-search tree"
TOKENS, MOST_TOKENS = 8, 24
ROOT = -1
COLOURS = {"best": "#0072b2", "kept": "#56b4e9", "ended": "#009e73", "dropped": "#9a9a9a", "greedy": "#d55e00"}  # Okabe and Ito
INK = "#7d8188"  # readable on both grounds
INTRO = (
    "Beam search keeps the few best beginnings of a text at every step and drops the others. It continues the prompt of stage 1 with its "
    "model; the score of a hypothesis of n tokens is the sum of their log-probabilities divided by n to the power of the length penalty."
)
OWN = {"tree_beams": "beams", "tree_length_penalty": "length_penalty"}
OUTPUTS = ["tree_plot", "tree_best", "tree_told"]


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-tree") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row():
            made = {
                name: forms.field(GenerateConfig.option(option), elem_id=f"tree-{option}", min_width=160) for name, option in OWN.items()
            }
            size = gr.Slider(
                2, MOST_TOKENS, value=TOKENS, step=1, label="Tokens", info="How deep the tree grows.", elem_id="tree-tokens", min_width=160
            )
        go = gr.Button("Grow the tree", variant="primary", elem_id="tree-go")
        problem = gr.HTML(elem_id="tree-problem")
        told = gr.HTML(markup.page(markup.note("No tree has been grown yet.")), elem_id="tree-told")
        plot = gr.Plot(visible=False, show_label=False, elem_id="tree-plot")
        best = gr.HTML(elem_id="tree-best")
    wires.add(tree_stage=stage, tree_tokens=size, tree_go=go, tree_plot=plot, tree_best=best, tree_told=told, tree_problem=problem, **made)


def wire(wires: Wires) -> None:
    asked = ["session", "gen_prompt", "tree_tokens", *OWN, *writer.FIELDS]
    wires.on(wires.parts["tree_go"].click, grow, asked, OUTPUTS, "tree_problem", trigger_mode="once", show_progress="minimal")


# ---- handlers -------------------------------------------------------------------------------------------------------


def grow(lab: Lab, session: dict, gen_prompt: str, tree_tokens: int, **fields) -> dict:
    """The tree, the hypotheses with their scores, and what greedy decoding would have written."""
    values, run = writer.asked(fields)
    if not isinstance(tree_tokens, int | float) or not 2 <= tree_tokens <= MOST_TOKENS:
        what = f"A tree of {str(tree_tokens)[:20]} tokens."
        raise UserError(what, f"From 2 to {MOST_TOKENS}.", "Move the slider.", "max_new_tokens")
    own = {option: fields[name] for name, option in OWN.items()}
    told = lab.beams(session["visitor"], gen_prompt, {**values, **own, "strategy": "beam", "max_new_tokens": int(tree_tokens)}, run)
    return {
        "tree_plot": gr.update(value=figure(told, gen_prompt), visible=True),
        "tree_best": hypotheses(told, float(own["length_penalty"])),
        "tree_told": summary(told),
    }


# ---- rendering ------------------------------------------------------------------------------------------------------


def summary(told: dict) -> str:
    """In plain words: does the search find something that greedy decoding does not?"""
    nodes, best = told["nodes"], told["hypotheses"][0]
    path = _path(nodes, best["node"])
    greedy = [number for number, node in enumerate(nodes) if node["greedy"]]
    both = next((place for place, number in enumerate(path) if not nodes[number]["greedy"]), len(path))
    looked = f"{len(nodes):,} continuations were looked at, {sum(node['state'] == 'kept' for node in nodes):,} went on."
    if both == len(path):
        return markup.page(markup.paragraph(f"{looked} The best hypothesis is what greedy decoding writes too."))
    end = nodes[greedy[-1]]["score"] if greedy and nodes[greedy[-1]]["depth"] == len(path) else None
    lost = f" ({nodes[path[-1]]['score']:.2f} against {end:.2f} in all)" if end is not None else ", which fell out of the beams on its way"
    return markup.page(markup.paragraph(f"{looked} The best hypothesis leaves the greedy path at token {both + 1}{lost}."))


def hypotheses(told: dict, penalty: float) -> str:
    """The finished texts, the best first."""
    nodes = told["nodes"]
    rows = []
    for place, one in enumerate(told["hypotheses"]):
        node = nodes[one["node"]]
        ended = "the model" if one["ended"] else "the limit"
        rows.append(
            [
                place + 1,
                tokens.piece(one["text"]) if len(one["text"]) < 3 else one["text"],
                f"{node['score']:.3f}",
                node["depth"],
                f"{one['score']:.3f}",
                ended,
            ]
        )
    names = ["", "text", "log-probability", "tokens", f"divided by n^{penalty:g}", "ended by"]
    return markup.page("<h3>Hypotheses</h3>", markup.table(names, rows, (0, 2, 3, 4)))


def figure(told: dict, prompt: str):
    """The tree from left to right: a column a token; the best hypothesis thick, the greedy path dashed, what was dropped small."""
    import plotly.graph_objects as go

    nodes = told["nodes"]
    heights = _heights(nodes)
    best, greedy = set(_path(nodes, told["hypotheses"][0]["node"])), {number for number, node in enumerate(nodes) if node["greedy"]}
    drawn = go.Figure()
    for name, chosen, width, dash in (
        ("dropped", lambda number: nodes[number]["state"] == "dropped", 1, "solid"),
        ("went on", lambda number: nodes[number]["state"] != "dropped", 1.6, "solid"),
        ("best hypothesis", lambda number: number in best, 5, "solid"),
        ("greedy path", lambda number: number in greedy, 2.5, "dot"),
    ):
        colour = COLOURS[{"dropped": "dropped", "went on": "kept", "best hypothesis": "best", "greedy path": "greedy"}[name]]
        drawn.add_trace(
            go.Scatter(
                **_edges(nodes, heights, chosen),
                mode="lines",
                name=name,
                line={"color": colour, "width": width, "dash": dash},
                hoverinfo="skip",
            )
        )
    drawn.add_trace(_points(go, nodes, heights))
    drawn.add_trace(_root(go, prompt, heights))
    deepest, rows = max(node["depth"] for node in nodes), len(set(heights.values()))
    drawn.update_layout(
        height=max(360, min(1_100, 24 * rows + 90)),
        margin={"l": 10, "r": 30, "t": 40, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 14, "color": INK},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        xaxis={"title": "token", "dtick": 1, "range": [-0.9, deepest + 0.9], "gridcolor": "rgba(125,129,136,.18)", "zeroline": False},
        yaxis={"visible": False},
        hoverlabel={"font": {"size": 14}},
    )
    return drawn


def _points(go, nodes: list[dict], heights: dict[int, float]):
    shown = [_plain(node["text"]) if node["state"] != "dropped" or node["greedy"] else "" for node in nodes]
    hover = [
        f"“{_plain(node['text'])}”<br>probability {math.exp(node['logprob']):.3g}<br>sum {node['score']:.3f}<br>{node['state']}"
        for node in nodes
    ]
    colours = [COLOURS["greedy"] if node["greedy"] else COLOURS.get(node["state"], COLOURS["kept"]) for node in nodes]
    return go.Scatter(
        x=[node["depth"] for node in nodes],
        y=[heights[number] for number in range(len(nodes))],
        mode="markers+text",
        text=shown,
        hovertext=hover,
        hoverinfo="text",
        textposition="top center",
        textfont={"size": 14},
        marker={"size": [5 if node["state"] == "dropped" else 10 for node in nodes], "color": colours},
        showlegend=False,
    )


def _root(go, prompt: str, heights: dict[int, float]):
    words = f"… {_plain(prompt[-12:])}" if prompt else "(nothing)"
    return go.Scatter(
        x=[0], y=[heights[ROOT]], mode="markers+text", text=[words], textposition="top center", hoverinfo="skip",
        marker={"size": 11, "color": INK}, showlegend=False,
    )  # fmt: skip


def _plain(value: str) -> str:
    """One token as Plotly shows it: Plotly reads tags."""
    return tokens.piece_text(value).replace("&", "&amp;").replace("<", "&lt;")


def _edges(nodes: list[dict], heights: dict[int, float], chosen) -> dict:
    """Lines from each chosen node to its parent, with gaps between them."""
    xs, ys = [], []
    for number, node in enumerate(nodes):
        if chosen(number):
            xs += [node["depth"] - 1, node["depth"], None]
            ys += [heights[node["parent"]], heights[number], None]
    return {"x": xs, "y": ys}


def _heights(nodes: list[dict]) -> dict[int, float]:
    """Where each node stands: leaves one under the other in the order of the tree, every parent in the middle of its children."""
    children: dict[int, list[int]] = {}
    for number, node in enumerate(nodes):
        children.setdefault(node["parent"], []).append(number)
    for family in children.values():
        family.sort(key=lambda number: -nodes[number]["logprob"])
    heights: dict[int, float] = {}
    waiting, leaves = [(ROOT, False)], 0
    while waiting:
        number, seen = waiting.pop()
        family = children.get(number, [])
        if not family:
            heights[number], leaves = -float(leaves), leaves + 1
        elif seen:
            heights[number] = sum(heights[child] for child in family) / len(family)
        else:
            waiting += [(number, True), *((child, False) for child in reversed(family))]
    return heights


def _path(nodes: list[dict], node: int) -> list[int]:
    """Numbers of the nodes from the first token to `node`."""
    found = []
    while node != ROOT:
        found.append(node)
        node = nodes[node]["parent"]
    return found[::-1]
