"""The tree of a beam search as a picture, with the score of every hypothesis and the path that greedy decoding takes.

A tree is a dictionary as the model worker tells it: nodes [{token, text, parent, depth, logprob, score, state, greedy}] and hypotheses
[{text, score, node, ended}], the best first.
"""

import math

from genhub.ui import markup, tokens

ROOT = -1
COLOURS = {"best": "#0072b2", "kept": "#56b4e9", "ended": "#009e73", "dropped": "#9a9a9a", "greedy": "#d55e00"}  # Okabe and Ito
INK = "#7d8188"  # readable on both grounds


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
    return markup.page("<h3>Hypotheses</h3>", markup.table(names, rows, (0, 2, 3, 4), "scroll texts"))


def figure(told: dict, prompt: str, whole: bool = False):
    """The tree from left to right: a column a token; the best hypothesis thick, the greedy path dashed, what was dropped small. `prompt`
    stands at the root, its end as what is gone on with, its beginning where it is read as a `whole`."""
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
    drawn.add_trace(_root(go, f"{prompt[:12]} …" if whole else f"… {prompt[-12:]}" if prompt else "(nothing)", heights))
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
        textposition=_beside(nodes, heights),
        textfont={"size": 14},
        marker={"size": [5 if node["state"] == "dropped" else 10 for node in nodes], "color": colours},
        showlegend=False,
    )


def _beside(nodes: list[dict], heights: dict[int, float]) -> list[str]:
    """Where each token is written, off the lines that come and go: a line that climbs on leaves the left free, one that has come down the right."""
    climbing = {
        node["parent"] for number, node in enumerate(nodes) if heights[number] > heights[node["parent"]] and node["state"] != "dropped"
    }
    return [
        "top left" if number in climbing else "top right" if heights[number] < heights[node["parent"]] else "top center"
        for number, node in enumerate(nodes)
    ]


def _root(go, words: str, heights: dict[int, float]):
    return go.Scatter(
        x=[0], y=[heights[ROOT]], mode="markers+text", text=[_plain(words)], textposition="top center", hoverinfo="skip",
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
