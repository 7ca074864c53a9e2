"""What the handlers of the tab *Generate* answer, without a browser or a model: each on a Lab that says just what the test needs."""

import math
from types import SimpleNamespace

import gradio as gr
import pytest

from genhub.data.fixes import KEEP_FIRST, WINDOWS_1252
from genhub.errors import UserError
from genhub.events import Done, Metric, Sample
from genhub.hub import Push
from genhub.jobs import reading
from genhub.jobs.folder import RunFolder, write_json
from genhub.lab import EXAMPLE_PREFIX, EXAMPLES
from genhub.training.configs import GenerateConfig
from genhub.ui import beam_tree, markup, publishing, tokens
from genhub.ui.generate import decode, guess, stored, tree, write, writer
from genhub.ui.learning import home, kinds, options, run, section, try_it
from genhub.ui.learning import text_source as source
from genhub.ui.learning.kinds import ADAPT, KINDS, SCRATCH, remembered
from genhub.ui.wiring import Wires

SESSION = {"visitor": "v" * 43}
FIELDS = {"gen_writer": "embedded/shakespeare", **{f"gen_{name}": GenerateConfig.option(name).default for name in writer.OPTIONS}}
GONE = UserError("It is gone.", "It was deleted.", "Choose another.")
RUN, OTHER = "a" * 32, "b" * 32
LONG = "9" * 5_000  # more digits than Python turns into a number


def token(number: int, text: str, share: float = 0.5) -> dict:
    return {"id": number, "text": text, "logprob": math.log(share), "entropy": 1.0, "rank": 0}


A, B, C, D = (token(number, text) for number, text in enumerate("abcd", 1))


def told(*written: dict, **figures) -> dict:
    usual = {"perplexity": 2.0, "distinct_1": 1.0, "distinct_2": 1.0, "repetition": 0.0, "loops": 0, "units": "words", "seconds": 0.5}
    text = "".join(token["text"] for token in written)
    return {"text": text, "prompt_ids": [7], "tokens": list(written), "ended": "length", "tokens_per_second": 2.0, **usual, **figures}


class Writing:
    """A Lab whose language model says what it was told to, one event after the other, and keeps what it was asked."""

    def __init__(self, *events, answers=()):
        self.events, self.answers, self.asked = events, list(answers), []

    def fetching(self, model, family):
        return iter(())

    def runs(self, visitor):
        return [SimpleNamespace(id=RUN, task="generate")]

    def writing(self, visitor, prompt, values, run="", *, exact=False, forced=()):
        self.asked.append({"prompt": prompt, **values, "run": run, "exact": exact, "forced": list(forced)})
        for event in [{"result": self.answers.pop(0)}] if self.answers else self.events:
            if isinstance(event, Exception):
                raise event
            yield event

    def write(self, *asked, **how):
        return [*self.writing(*asked, **how)][-1]["result"]

    def inspect(self, visitor, ids, place, values, run="", *, exact=False):
        self.asked.append({"ids": ids, "place": place})
        shares = {"raw": 0.5, "penalised": 0.5, "tempered": 0.5, "kept": 0.5, "logit": 0.0}
        return {"entropy": 1.0, "candidates": [{**shares, "id": n, "text": "abcd"[n - 1], "chosen": n == ids[place]} for n in range(1, 5)]}


# ---- write ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def every_frame(monkeypatch):
    """Every event is drawn."""
    monkeypatch.setattr(write, "FRAME_SECONDS", -1.0)


def wrote(lab, prompt="x"):
    return list(write.write(lab, SESSION, prompt, True, [], **FIELDS))


def test_what_a_dead_worker_had_written_is_taken_back(every_frame):
    begun = [{"prompt_ids": [7], "tokens": [A]}, {"tokens": [B]}, {"restarted": True}, {"prompt_ids": [7], "tokens": [C]}, {"tokens": [D]}]
    frames = wrote(Writing(*begun, {"result": told(C, D)}))
    grown = [[token["text"] for token in frame["gen_state"]["tokens"]] for frame in frames if "gen_state" in frame]
    assert grown == [["a"], ["a", "b"], ["c"], ["c", "d"], ["c", "d"]]
    assert "data-pick" not in frames[1]["gen_text"]
    assert 'data-pick="token:1"' in frames[-1]["gen_text"]
    assert frames[-1]["gen_state"]["growing"] is False
    assert frames[0] == write.BUSY
    assert frames[-1] | write.IDLE == frames[-1]


def run_through(handler, lab, outputs, failed, **held) -> dict:
    """What the components hold once a handler that yields has ended, and then `settle`, as the page does it."""
    wires = Wires(lab)
    with gr.Blocks() as blocks:
        wires.add(session=gr.State(), run=gr.State(), **{name: gr.State() for name in {**dict.fromkeys(outputs), **held, "problem": ""}})
        wires.on_steps(gr.Button().click, handler, ["session", *held], outputs, "problem", failed)
    names = {part._id: name for name, part in wires.parts.items()}
    shown: dict = {}
    for answer in next(iter(blocks.fns.values())).fn(SESSION, RUN, *held.values()):
        shown |= {names[part._id]: value for part, value in answer.items() if value != gr.skip()}
    return shown


def test_an_error_in_the_middle_leaves_what_was_written_and_it_can_be_pressed(every_frame):
    lab = Writing({"prompt_ids": [7], "tokens": [A, B]}, GONE)
    shown = run_through(write.write, lab, write.OUTPUTS, write.IDLE, gen_prompt="x", gen_exact=True, gen_forced=[], **FIELDS)
    assert "It is gone." in shown["problem"]
    shown |= write.settle(lab, shown["gen_state"])
    assert 'data-pick="token:1"' in shown["gen_text"]
    assert "cursor" not in shown["gen_text"]
    assert "Stopped after 2 tokens." in shown["gen_figures"]
    assert shown["gen_go"]["interactive"] is True
    assert shown["gen_stop"]["interactive"] is False
    assert write.explain(lab, "token:1", SESSION, shown["gen_state"])["gen_state"]["picked"] == 1


def test_a_refusal_leaves_the_text_that_stands_there():
    shown = run_through(write.write, Writing(GONE), write.OUTPUTS, write.IDLE, gen_prompt="x", gen_exact=True, gen_forced=[], **FIELDS)
    assert set(shown) == {"problem", "gen_go", "gen_stop"}
    assert set(write.settle(None, {"tokens": [A], "growing": False})) == {"gen_go", "gen_stop"}
    assert set(write.settle(None, None)) == {"gen_go", "gen_stop"}


def test_a_token_is_asked_about_and_branches_lead_on_from_there(every_frame):
    state = wrote(Writing({"prompt_ids": [7], "tokens": [A]}, {"result": told(A, B, C)}))[-1]["gen_state"]
    lab = Writing({"prompt_ids": [7], "tokens": [A, D]}, {"result": told(A, D, C)})
    shown = write.explain(lab, "token:1", SESSION, state)
    assert lab.asked == [{"ids": [7, 1, 2, 3], "place": 2}]
    assert "chosen by Nucleus (top-p)" in shown["gen_why_head"]
    shown = list(write.branch(lab, SESSION, shown["gen_state"], "branch:4"))[-1]
    assert lab.asked[-1]["forced"] == [1, 4]
    assert "chosen by you" in shown["gen_why_head"]
    assert 'data-pick="branch:2"' in shown["gen_why"]
    assert 'data-pick="branch:4"' not in shown["gen_why"]
    assert 'aria-pressed="true"' in shown["gen_text"]
    list(write.branch(lab, SESSION, shown["gen_state"], "branch:2"))
    assert lab.asked[-1]["forced"] == [1, 2]
    begun = [*write.branch(lab, SESSION, shown["gen_state"], "branch:3")]
    assert begun[0] == write.BUSY


@pytest.mark.parametrize("pick", ["", "branch", "branch:", "branch:x", "branch:9", "branch:-1", "branch:²", "token:1", "branch:" + LONG])
def test_a_branch_that_was_not_offered_is_not_taken(pick):
    state = wrote(Writing({"result": told(A, B, C)}))[-1]["gen_state"]
    asked = write.explain(Writing(), "token:1", SESSION, state)["gen_state"]
    lab = Writing({"result": told(A)})
    assert list(write.branch(lab, SESSION, asked, pick)) == []
    assert list(write.branch(lab, SESSION, state, "branch:1")) == []  # no token was pressed
    assert list(write.branch(lab, SESSION, None, "branch:1")) == []
    assert lab.asked == []


@pytest.mark.parametrize("pick", ["token:3", "token:-1", "token:", "token", "", "branch:1", "token:1.0", "token:" + LONG])
def test_a_press_beyond_the_text_changes_nothing(pick):
    state, lab = wrote(Writing({"result": told(A, B, C)}))[-1]["gen_state"], Writing()
    assert write.explain(lab, pick, SESSION, state) == {}
    assert write.explain(lab, "token:0", SESSION, None) == {}
    assert lab.asked == []


def test_a_text_that_grows_cannot_be_asked_about_yet(every_frame):
    state = wrote(Writing({"prompt_ids": [7], "tokens": [A]}, {"result": told(A)}))[1]["gen_state"]
    lab = Writing()
    assert set(write.explain(lab, "token:0", SESSION, state)) == {"gen_why_head"}
    assert lab.asked == []


@pytest.mark.parametrize("pick", ["example:99", "example:x", "", "token:1", "example:" + LONG])
def test_only_examples_that_exist_are_taken(pick):
    assert write.choose_example(None, pick) == {}
    assert write.choose_example(None, "example:1")["gen_prompt"] == write.EXAMPLES[1][2]


def test_a_growing_text_is_light_and_nothing_in_it_is_markup():
    grown = tokens.growing("<i>", [token(1, "<b>", 0.9), token(2, "&", 0.8), token(3, "\n", 0.0001)])
    assert grown.count('class="tok"') == 2  # neighbours of one colour are one piece
    assert "<i>" not in grown
    assert "&lt;b&gt;&amp;</span>" in grown


def test_who_writes(tmp_path):
    assert writer.asked({**FIELDS, "gen_writer": "run:" + RUN}) == (
        {name: FIELDS[f"gen_{name}"] for name in writer.OPTIONS},
        RUN,
    )
    values, written_by = writer.asked({**FIELDS, "gen_writer": None})
    assert (values["model"], written_by) == ("", "")
    for task in ("generate", "classify", "scratch"):
        (tmp_path / task).mkdir()
        if task != "scratch":
            write_json(tmp_path / task / "passport.json", {})
    infos = [SimpleNamespace(id=task, name=task, task=task, path=tmp_path / task) for task in ("generate", "classify", "scratch")]
    lab = SimpleNamespace(language_models=list, runs=lambda visitor: infos)
    assert writer.choices(lab, SESSION) == [("generate", "run:generate")]  # no classifier, nothing that has no model yet
    assert writer.choices(lab) == []


# ---- decode lab -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("texts", [0, 9, -1, "3", None, math.nan, math.inf, [2]])
def test_so_many_texts_of_each_are_not_written(texts):
    with pytest.raises(UserError, match="texts of each"):
        decode.write_several(Writing({"result": told(A)}), "", "x", {"strategy": "sample", "seed": 0}, "", texts)


@pytest.mark.parametrize("seed", [None, "seven", 2.5, -1, 2**31])
def test_a_seed_that_is_none_is_a_sentence(seed):
    with pytest.raises(UserError, match="Seed is"):
        decode.write_several(Writing({"result": told(A)}), "", "x", {"strategy": "sample", "seed": seed}, "", 2)


def test_figures_are_means_and_nothing_is_written_twice():
    lab = Writing(answers=[told(A, repetition=0.2, loops=3), told(B, repetition=None), told(C, repetition=0.4)])
    made = decode.write_several(lab, "", "x", {"strategy": "sample", "seed": 2**31 - 2}, "", 3.0)
    assert [asked["seed"] for asked in lab.asked] == [2**31 - 2, 2**31 - 1, 0]  # after the largest seed the smallest
    assert made["repetition"] == pytest.approx(0.3)
    assert (made["text"], made["texts"], made["loops"]) == ("a", 3, 3)
    for certain in decode.CERTAIN:
        lab = Writing({"result": told(A)})
        assert decode.write_several(lab, "", "x", {"strategy": certain, "seed": 5}, "", 8)["texts"] == 1
        assert len(lab.asked) == 1


def ways(*shares) -> list:
    return [(decode.Way(name, {}), told(A, repetition=share)) for name, share in zip("xyz", shares, strict=False)]


@pytest.mark.parametrize(
    ("shares", "named", "score", "says"),
    [
        ((0.5, 0.1), "x", [2, 4], "You were right: 2 of 4"),
        ((0.5, 0.1), "y", [1, 4], "Your guess was another: 1 of 4"),
        ((0.5, 0.5, 0.1), "y", [2, 4], "x; y (50%)"),
        ((0.0, 0.0), "x", [1, 3], "cannot be right or wrong"),
        ((None, None), "x", [1, 3], ""),
        ((0.5, None), "x", [1, 3], "cannot be right or wrong"),
        ((0.5, 0.1), None, [1, 3], ""),
    ],
)
def test_a_guess_is_scored_where_it_can_be(shares, named, score, says):
    shown, kept = decode.scored(ways(*shares), named, [1, 3])
    assert kept == score
    assert says in shown
    assert bool(shown) == bool(says)


def compared(lab, preset="Greedy and its cures", guess_named="Greedy", texts=1):
    return decode.compare(lab, SESSION, preset, guess_named, [0, 0], texts, gen_prompt="x", **FIELDS)


def test_the_recorded_figures_stay_folded_until_somebody_asks_for_them():
    compared = stored.example()["compared"]
    most = f"{max(one['repetition'] for one in compared):.0%}"
    folded, _, shown = decode._folded_table().partition("<details><summary>")
    assert most not in folded
    assert most in shown
    answer = decode.first(0, [0, 0])  # who has named one on the first page is shown them
    assert "<details" not in answer["decode_table"]
    assert most in answer["decode_table"]


class Comparing(Writing):
    def score(self, visitor, text, values, run="", *, cut=False, most=0):
        raise GONE  # people's text cannot be read by this model


def test_a_comparison_grows_and_its_guess_is_counted_once():
    answers = [told(A, B, repetition=share) for share in (0.5, 0.1, 0.0)]
    frames = list(compared(Comparing(answers=answers)))
    assert [frame["decode_view"].count("<article>") for frame in frames if "decode_view" in frame] == [1, 2, 3]
    assert frames[-1]["decode_kept"] == [1, 1]
    assert "People" not in frames[-1]["decode_table"]
    assert "no line of people" in frames[-1]["decode_table"]
    assert frames[-1] | decode.IDLE == frames[-1]
    assert decode.settle(None, frames[-1]["decode_going"]).keys() == {"decode_going", "decode_go", "decode_stop"}


def test_what_is_said_of_a_comparison_is_in_its_figures():
    def one(label, perplexity, repetition, distinct):
        return decode.Way(label, {"strategy": "greedy"}), {"perplexity": perplexity, "repetition": repetition, "distinct_2": distinct}

    answers = [
        one("Greedy", 1.5, 0.8, 0.3),
        one("Sampling", 30.0, 0.1, 0.99),
        one("Nucleus", 12.0, 0.25, 0.8),
        one("None", None, None, None),
    ]
    people = {"perplexity": 20.0, "repetition": 0.3, "distinct_2": 0.97}
    said = decode.finding(answers, people)
    assert "Greedy has the lowest perplexity (1.5), Greedy the most repetition (80%)" in said
    assert "in perplexity Sampling (30.0; people 20.0)" in said  # 1.5 times as much; 12.0 is 1.67 times less
    assert "in repetition Nucleus (25%; people 30%)" in said
    assert "in distinct-2 Sampling (0.99; people 0.97)" in said
    assert "Nearest" not in decode.finding(answers, None)
    assert decode.finding(answers[:1], people) == ""


def test_people_are_as_long_as_what_was_written():
    asked = []

    class Scoring:
        def score(self, visitor, text, values, run="", *, cut=False, most=0):
            asked.append(most)
            figures = {"perplexity": 8.0 + len(asked), "distinct_1": 0.5, "distinct_2": None, "repetition": 0.2}
            return {**figures, "tokens": [A] * most, "loops": 0, "units": "tokens"}

    ways = [(decode.Way("x", {}), {"length": length}) for length in (10, 30, 200)]
    found = decode.written_by_people(Scoring(), "", {}, "", decode.usual_length(ways))
    assert asked == [30] * decode.PASSAGES
    assert (found["texts"], found["length"], found["distinct_2"]) == (decode.PASSAGES, 30, None)
    assert found["perplexity"] == pytest.approx(8.0 + (decode.PASSAGES + 1) / 2)


def test_a_search_says_how_far_it_is_and_what_was_not_read_is_said():
    long = {**told(A, B), "prompt_ids": list(range(9)), "prompt_read": 4}
    frames = wrote(Writing({"depth": 3, "most": 20}, {"result": long}))
    assert "3 of at most 20 tokens" in frames[1]["gen_figures"]
    assert "hold only the last 4 tokens of the prompt: 5 were not read" in frames[-1]["gen_figures"]
    assert "not read" not in write.counted(told(A, B))


def test_stop_takes_hold_within_a_text_and_keeps_those_before(monkeypatch):
    monkeypatch.setattr(decode, "BEAT_SECONDS", -1.0)
    steps = compared(Comparing({"tokens": [A]}, {"tokens": [B]}, {"result": told(A, B)}))
    shown: dict = {}
    while "decode_view" not in shown:
        shown |= next(steps)
    steps.close()
    shown |= decode.settle(None, shown["decode_going"])
    assert "Stopped" in shown["decode_score"]
    assert shown["decode_view"].count("<article>") == 1
    assert shown["decode_go"]["interactive"] is True


@pytest.mark.parametrize("preset", ["Mine", "", None, ["The classics"], 3])
def test_an_unknown_preset_is_refused(preset):
    with pytest.raises(UserError, match="Preset is"):
        next(compared(Comparing(), preset))


def test_a_refused_comparison_leaves_what_stands_there():
    held = {"decode_preset": "The classics", "decode_guess": None, "decode_kept": [0, 0], "decode_texts": 1, "gen_prompt": "x", **FIELDS}
    outputs = [*decode.OUTPUTS, "decode_going"]
    shown = run_through(decode.compare, Comparing(GONE), outputs, decode.REFUSED, **held)
    assert "It is gone." in shown["problem"]
    assert not {"decode_view", "decode_table", "decode_kept"} & set(shown)
    assert (shown["decode_score"], shown["decode_going"]) == ("", False)


def test_a_guess_survives_a_preset_that_has_it():
    assert decode.choose_preset(None, "Greedy and its cures", "Greedy")["decode_guess"]["value"] == "Greedy"
    drawn = decode.choose_preset(None, "Temperatures 0.01, 1, 100", "Greedy")["decode_guess"]
    assert drawn["value"] is None
    assert drawn["choices"] == ["Temperature 0.01", "Temperature 1", "Temperature 100"]


# ---- beam-search tree -----------------------------------------------------------------------------------------------


def node(parent: int, depth: int, text: str, logprob: float, state: str = "kept", greedy: bool = False) -> dict:
    return {
        "token": 1, "text": text, "parent": parent, "depth": depth, "logprob": logprob, "score": logprob, "state": state, "greedy": greedy,
    }  # fmt: skip


#   root ─ 0 "a" ─ 2 "c" (dropped)
#        │       └ 3 "d" (the best's end)
#        └ 1 "<b>" ─ 4 "e" (greedy)
NODES = [
    node(-1, 1, "a", -0.5),
    node(-1, 1, "<b>", -0.4, greedy=True),
    node(0, 2, "c", -3.0, "dropped"),
    node(0, 2, "d", -0.1, "ended"),
    node(1, 2, "e", -1.0, "ended", greedy=True),
]
BEAMS = {
    "nodes": NODES,
    "hypotheses": [
        {"text": "ad", "score": -0.3, "node": 3, "ended": True},
        {"text": "<b>e", "score": -0.7, "node": 4, "ended": False},
    ],
}


def test_a_parent_stands_in_the_middle_of_its_children_and_leaves_apart():
    heights = beam_tree._heights(NODES)
    leaves = [heights[place] for place in (4, 3, 2)]  # more probable children come first
    assert leaves == [0.0, -1.0, -2.0]
    assert heights[0] == (heights[2] + heights[3]) / 2
    assert heights[1] == heights[4]
    assert heights[beam_tree.ROOT] == (heights[0] + heights[1]) / 2
    assert beam_tree._heights([]) == {beam_tree.ROOT: 0.0}


def test_a_deep_tree_needs_no_deep_stack():
    chain = [node(place - 1, place + 1, "a", -1.0) for place in range(3_000)]
    assert set(beam_tree._heights(chain).values()) == {0.0}
    assert beam_tree._path(chain, 2_999) == list(range(3_000))


def test_a_tree_says_where_it_leaves_the_greedy_path():
    assert beam_tree._path(NODES, 3) == [0, 3]
    assert "leaves the greedy path at token 1 (-0.10 against -1.00 in all)" in beam_tree.summary(BEAMS)
    assert "what greedy decoding writes too" in beam_tree.summary({**BEAMS, "hypotheses": BEAMS["hypotheses"][1:]})
    lost = [{**one, "greedy": False} if one["depth"] == 2 else one for one in NODES]
    assert "fell out of the beams" in beam_tree.summary({**BEAMS, "nodes": lost})


def test_tokens_are_no_markup_in_a_tree():
    drawn = beam_tree.figure(BEAMS, "so <b>").to_json()
    assert "<b>" not in drawn
    assert "\\u003cb\\u003e" not in drawn
    assert "<b>" not in beam_tree.hypotheses(BEAMS, 1.0)


@pytest.mark.parametrize("size", [1, 25, 0, -3, "8", None, math.nan, "<b>"])
def test_a_tree_of_no_such_depth_is_refused_in_plain_text(size):
    with pytest.raises(UserError, match="A tree of") as caught:
        tree.grow(None, SESSION, "x", size, tree_beams=2, tree_length_penalty=1.0, **FIELDS)
    assert "&lt;" not in caught.value.what


# ---- beat the model -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "piece", "right"),
    [
        ("the", " the", True),
        (" the ", "the", True),
        ("there", "the", True),  # a word may be more than a token
        ("th", "the", False),
        ("The", "the", False),
        ("e", "e", True),
        ("", "e", False),
        (" ", " ", True),
        ("␣", " ", True),
        ("Space", " ", True),
        ("space", "s", True),  # the word itself
        ("↵", "\n", True),
        ("newline", "\n", True),
        (" ", "\n", False),
        ("␣", "\n", False),
        ("a", " ", False),
        ("x", "", False),
    ],
)
def test_what_counts_as_the_token(typed, piece, right):
    assert guess.hits(typed, piece) is right


class Judging(Writing):
    """A text of 70 characters, then "e" and "f"; `refuses`: sentences that it cannot read."""

    def __init__(self, refuses=()):
        super().__init__()
        self.refuses = refuses

    def score(self, visitor, text, values, run="", *, cut=False):
        if any(part in text for part in self.refuses):
            raise GONE
        judged = [token(1, "x" * 30), token(2, "y" * 40), token(3, "e", 0.25), token(4, "<f>", 0.25)]
        return {"ids": [0, 1, 2, 3, 4], "tokens": judged, "begun": "T", "vocabulary": 65, "bits_per_character": float(len(text))}


def began() -> dict:
    return guess.begin(Judging(), SESSION, guess.OWN, "some text", **FIELDS)["guess_state"]


def test_the_game_goes_to_the_last_token_and_no_further():
    lab, state = Judging(), began()
    assert state["place"] == 2  # sixty characters are given
    shown = guess.guess(lab, SESSION, state, "e", list(guess.SURE)[2])
    assert "Right. This token cost you 0.32 bits, the model 2.00." in shown["guess_shown"]
    shown = guess.guess(lab, SESSION, shown["guess_state"], "q", list(guess.SURE)[3])
    assert "Not this time. This token cost you 11.06 bits" in shown["guess_shown"]  # three hundredths over 64 others
    assert "That was the last token." in shown["guess_shown"]
    assert "<f>" not in shown["guess_text"]
    assert shown["guess_state"]["right"] == 1
    for play in (guess.skip, lambda lab, session, state: guess.guess(lab, session, state, "e", next(iter(guess.SURE)))):
        with pytest.raises(UserError, match="Press Begin"):
            play(lab, SESSION, shown["guess_state"])


@pytest.mark.parametrize(
    ("typed", "sure", "what"), [("", "a hunch: 20 %", "Nothing was typed"), (None, "", "Nothing"), ("e", "no", "Sure is")]
)
def test_a_guess_that_is_none(typed, sure, what):
    with pytest.raises(UserError, match=what):
        guess.guess(Judging(), SESSION, began(), typed, sure)
    with pytest.raises(UserError, match="no text to guess"):
        guess.skip(Judging(), SESSION, None)


def test_no_guess_costs_as_much_as_any_token():
    shown = guess.skip(Judging(), SESSION, began())
    assert f"cost you {math.log2(65):.2f} bits" in shown["guess_shown"]


def test_a_sentence_is_ranked_and_what_cannot_be_read_says_so():
    found, refused = guess.ranked(Judging(refuses=["7%"]), "", {}, "", "Hm.")
    assert found[0][1:] == ["Hm.", "Yours."]
    assert [cost for cost, _, _ in found] == sorted(cost for cost, _, _ in found)
    assert refused == [[refused[0][0], "It is gone."]]
    assert len(guess.ranked(Judging(), "", {}, "", "  ")[0]) == len(found)  # all others, and none of the visitor's
    with pytest.raises(UserError, match="It is gone"):
        guess.ranked(Judging(refuses=["Hm."]), "", {}, "", "Hm.")


# ---- learning -------------------------------------------------------------------------------------------------------


class Learning:
    """A Lab with runs of one visitor, all in a state; `samples` is the film of each."""

    def __init__(self, folder, state="running", samples=3, runs=((RUN, "scratch"), (OTHER, "generate"))):
        self.state, self.count, self.path = state, samples, folder
        self.infos = [SimpleNamespace(id=name, name=name[:3], task=task, state=state, position=1, wait_seconds=None) for name, task in runs]

    def runs(self, visitor):
        return self.infos

    def run(self, visitor, run_id):
        return next(info for info in self.infos if info.id == run_id)

    def folder(self, visitor, run_id):
        return RunFolder(self.path)

    def view(self, visitor, run_id):
        fold = reading.Fold()
        for step in range(self.count):
            fold._take(1.0, Metric(step, {"loss": 1.0}))
            fold._take(1.0, Sample(step, f"<u>{step}", "p"))
        if self.state == "finished":
            fold._take(1.0, Done({}))
        return self.run(visitor, run_id), fold.view()

    def text_info(self, visitor, text_id):
        raise GONE

    def stop(self, visitor, run_id):
        raise GONE

    resume = export = merged = code = stop


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.setattr(kinds, "EXAMPLES", tmp_path)  # none is recorded
    return Learning(tmp_path)


def test_a_section_opens_on_its_recorded_run_and_goes_back_to_it_when_a_run_is_gone():
    class Recorded(Learning):
        def view(self, visitor, run_id):
            return None, reading.read(RunFolder(EXAMPLES / run_id.removeprefix(EXAMPLE_PREFIX)))

        def folder(self, visitor, run_id):
            return RunFolder(EXAMPLES / run_id.removeprefix(EXAMPLE_PREFIX))

    lab = Recorded(None, runs=())
    for learn in ({}, {"scratch_run": "c" * 32}):
        drawn = run.refresh(lab, SESSION, learn, SCRATCH)
        assert (drawn["scratch_run"]["value"], drawn["scratch_run"]["choices"]) == (
            SCRATCH.recorded,
            [("Recorded: the bundled text", SCRATCH.recorded)],
        )
        assert drawn["scratch_film"]["visible"]
        assert "writes" in drawn["scratch_film_view"]
        assert "bits a character" in drawn["scratch_verdict"]
        assert not drawn["scratch_stop"]["interactive"]
        first = run.scrub(lab, SESSION, learn, SCRATCH, scratch_film=1)
        assert "Before the first step" in first["scratch_film_view"]
        assert run.chosen_run(lab, SESSION, learn, SCRATCH) == SCRATCH.recorded
    assert run.pulse(lab, SESSION, {})["learn_pulse"].active is False


STRANGE = [None, [], "x", 3, {"scratch_run": ["a"]}, {"scratch_run": {"id": RUN}}, {"scratch_run": 3}, {3: "x"}, {"scratch_text": None}]


@pytest.mark.parametrize("learn", STRANGE)
def test_what_the_browser_kept_may_be_anything(lab, learn):
    assert remembered(learn) == {}
    drawn = section.arrive(lab, SESSION, learn)
    assert run.NOTHING in drawn["scratch_view"]
    assert set(drawn) <= set(section.ARRIVED)
    assert run.tick(lab, SESSION, learn, adapt_following=True, scratch_following=True)["learn_pulse"].active is False
    assert list(section.forecast(lab, SESSION, learn, SCRATCH)) == []
    for act in (section.train, home.pack, home.merge, home.show_code):
        with pytest.raises(UserError, match=r"No run has been chosen|No text is in use"):
            act(lab, SESSION, learn, kind=SCRATCH)
    assert section.note(lab, learn, SCRATCH, scratch_taken="t" * 32)["learn"] == {"scratch_text": "t" * 32}
    assert section.note(lab, learn, SCRATCH, scratch_taken="") == {"scratch_taken": ""}


@pytest.mark.parametrize("chosen", ["c" * 32, "../../x", "", None, [RUN], {"id": RUN}, OTHER])
def test_a_run_that_is_none_of_this_kind_is_not_shown(lab, chosen):
    drawn = section.choose(lab, SESSION, {}, SCRATCH, scratch_run=chosen)
    assert run.NOTHING in drawn["scratch_view"]
    assert drawn["scratch_run"]["value"] is None
    assert drawn["scratch_stop"]["interactive"] is False
    assert drawn["learn_pulse"].active is False
    with pytest.raises(UserError):
        run.stop(lab, SESSION, drawn["learn"], SCRATCH)


@pytest.mark.parametrize("place", [0, 4, -1, 10**9, math.nan, math.inf, None, "2", [1]])
def test_there_is_no_film_beyond_the_samples(lab, place):
    assert run.scrub(lab, SESSION, {"scratch_run": RUN}, SCRATCH, scratch_film=place) == {}


def test_a_film_that_was_scrubbed_back_stays_there_while_the_run_goes_on(lab):
    learn = {"scratch_run": RUN}
    back = run.scrub(lab, SESSION, learn, SCRATCH, scratch_film=1)
    assert "Before the first step it writes" in back["scratch_film_view"]
    assert "&lt;u&gt;0" in back["scratch_film_view"]
    assert back["scratch_following"] is False
    lab.count = 5
    looked = run.tick(lab, SESSION, learn, adapt_following=True, scratch_following=False)
    assert not {"scratch_film_view", "scratch_following", "scratch_run"} & set(looked)
    assert looked["scratch_film"]["maximum"] == 5
    assert "value" not in looked["scratch_film"]
    assert run.scrub(lab, SESSION, learn, SCRATCH, scratch_film=5)["scratch_following"] is True
    looked = run.tick(lab, SESSION, learn, adapt_following=True, scratch_following=True)
    assert looked["scratch_film"]["value"] == 5
    assert "After step 4 it writes" in looked["scratch_film_view"]


def test_a_look_sends_only_what_is_not_on_the_page_yet(lab):
    learn, known = {"scratch_run": RUN}, {"scratch_following": True}
    first = run.tick(lab, SESSION, learn, **known)
    assert {"scratch_view", "scratch_film", "scratch_film_view", "scratch_verdict", "scratch_seen"} <= set(first)
    known["scratch_seen"] = first["scratch_seen"]
    assert run.tick(lab, SESSION, learn, **known) == {}
    lab.count = 5  # more samples
    told = run.tick(lab, SESSION, learn, **known)
    assert {"scratch_film", "scratch_film_view"} <= set(told)
    assert not {"scratch_stop", "scratch_resume", "scratch_verdict"} & set(told)
    known["scratch_seen"] = told["scratch_seen"]
    opened = section.look(lab, SESSION, learn, **known)
    assert "scratch_run" in opened  # a tick leaves the list of runs alone
    assert "scratch_view" not in opened
    known |= {"scratch_seen": opened["scratch_seen"], "scratch_following": False}
    looked = section.look(lab, SESSION, learn, **known)
    assert {name for name in looked if name.startswith("scratch")} == {"scratch_film", "scratch_seen"}  # its newest moment stays out
    assert "value" not in looked["scratch_film"]
    chosen = section.choose(lab, SESSION, learn, SCRATCH, scratch_run=RUN)
    assert set(SCRATCH.names(*run.PARTS)) <= set(chosen)  # another run comes into view whole


def test_another_run_takes_the_files_of_the_last_one_from_view(lab):
    for drawn in (
        section.choose(lab, SESSION, {}, SCRATCH, scratch_run=RUN),
        section.show(lab, SESSION, {}, SCRATCH, scratch_begun=RUN),
        section.open_run(lab, SESSION, None, RUN),
    ):
        assert drawn["scratch_download"]["visible"] is False
        assert drawn["scratch_download"]["value"] is None
        assert drawn["scratch_code"]["visible"] is False
        assert drawn["scratch_beside"] == ""
        assert drawn["learn"] == {"scratch_run": RUN}
        assert "<svg" in drawn["scratch_view"]
        assert drawn["learn_pulse"].active is True
    assert set(drawn) <= set(section.OPENED)
    assert section.show(lab, SESSION, {}, SCRATCH, scratch_begun="") == {}


def test_a_text_that_was_long_in_coming_leaves_the_run_that_was_begun_meanwhile(lab):
    lab.take_text_sample = lambda visitor, sample: SimpleNamespace(
        id="t" * 32, name="<b>", characters=1, words=1, documents=1, distinct=1, findings=[], preview="<i>"
    )
    given = {**dict.fromkeys(ADAPT.names(*source.PARTS)), "adapt_source": source.BUNDLED}
    taken = section.use(lab, SESSION, ADAPT, **given)
    assert "learn" not in taken
    assert "<b>" not in taken["adapt_facts"]
    assert "<i>" not in taken["adapt_facts"]
    noted = section.note(lab, {"scratch_run": RUN}, ADAPT, adapt_taken=taken["adapt_taken"])
    assert noted["learn"] == {"scratch_run": RUN, "adapt_text": "t" * 32}
    assert noted["adapt_taken"] == ""


def test_the_page_opens_on_a_run_that_trains_unless_another_tab_has_one(tmp_path, monkeypatch):
    monkeypatch.setattr(kinds, "EXAMPLES", tmp_path)
    drawn = section.arrive(Learning(tmp_path), SESSION, {"scratch_run": RUN, "scratch_text": "t" * 32})
    assert drawn["tabs"]["selected"] == "generate"
    assert [name for name, fold in drawn.items() if name.endswith("_stage") and fold["open"]] == ["scratch_stage"]
    ended = section.arrive(Learning(tmp_path, "finished"), SESSION, {"scratch_run": RUN})
    assert not {"tabs", "scratch_stage"} & set(ended)
    assert ended["learn_pulse"].active is False
    both = Learning(tmp_path, runs=((RUN, "scratch"), (OTHER, "classify")))
    drawn = section.arrive(both, SESSION, {"scratch_run": RUN})
    assert "tabs" not in drawn
    assert drawn["scratch_stage"]["open"] is True


def test_a_verdict_names_its_base_lines_and_the_gain_from_this_runs_side(tmp_path):
    gain = {"mean": 0.5, "low": 0.25, "high": 0.75}
    lines = {"base": {"bits_per_character": 3.0, "perplexity": 8.0, "gain": gain}, "<x>": {"bits_per_character": 4.0}}
    figures = {"bits_per_character": 2.5, "perplexity": 5.0, "baselines": lines, "sentences": ["<b>Well."]}
    write_json(tmp_path / "metrics.json", figures)
    lab = Learning(tmp_path, "finished")
    shown = section.choose(lab, SESSION, {}, SCRATCH, scratch_run=RUN)["scratch_verdict"]
    assert "base model" in shown
    assert "-0.500 [-0.750, -0.250]" in shown
    assert "<x>" not in shown
    assert "<b>W" not in shown
    training = Learning(tmp_path, "running")  # resumed: the figures are those of before
    assert section.choose(training, SESSION, {}, SCRATCH, scratch_run=RUN)["scratch_verdict"] == ""


@pytest.mark.parametrize("file", [None, "", []])
def test_no_file_is_a_sentence(file):
    given = {**dict.fromkeys(ADAPT.names(*source.PARTS)), "adapt_source": source.FILE, "adapt_file": file}
    with pytest.raises(UserError, match="No file has been chosen") as caught:
        source.take(None, SESSION, ADAPT, given)
    assert caught.value.field == "file"


@pytest.mark.parametrize("chosen", [None, "Elsewhere", [source.FILE], 3])
def test_a_source_that_is_none_shows_no_field(chosen):
    drawn = source.choose(None, ADAPT, adapt_source=chosen)
    assert not any(part["visible"] for part in drawn.values())
    assert [name for name, part in source.choose(None, ADAPT, adapt_source=source.PASTED).items() if part["visible"]] == ["adapt_pasted"]


def test_a_refused_text_is_read_at_a_press_of_its_remedies_one_after_the_other(tmp_path):
    asked = []

    class Reading:
        def take_text_file(self, visitor, path, column="", cut=False, fixes=()):
            asked.append((cut, list(fixes)))
            if not fixes:
                raise UserError("Not UTF-8.", "", "Save it again.", "data", WINDOWS_1252)
            if not cut:
                raise UserError("Too long.", "", "Shorten it.", "data", KEEP_FIRST)
            raise UserError("Gone.", "", "", "data")

    given = {**dict.fromkeys(ADAPT.names(*source.PARTS)), "adapt_source": source.FILE, "adapt_file": "x.txt"}
    with pytest.raises(UserError, match="Not UTF-8") as caught:
        section.use(Reading(), SESSION, ADAPT, **given)
    button = f"fix:{caught.value.fix}"
    assert f'data-pick="{button}"' in markup.problem(caught.value, heard=True)
    refused = section.mend(Reading(), button, SESSION, ADAPT, **given, adapt_fixes=[])
    assert refused["adapt_fixes"] == [WINDOWS_1252]
    assert "Keep the first part" in refused["adapt_text_problem"]
    with pytest.raises(UserError, match="Gone"):
        section.mend(Reading(), f"fix:{KEEP_FIRST}", SESSION, ADAPT, **given, adapt_fixes=refused["adapt_fixes"])
    assert asked == [(False, []), (False, [WINDOWS_1252]), (True, [WINDOWS_1252])]


def test_a_run_of_any_kind_is_published_and_the_token_is_not_kept():
    pushed = []

    class Publishing:
        settings = SimpleNamespace(public=False, offline=False, allowed=frozenset({"publishing"}))

        def publish(self, *asked):
            pushed.append(asked)
            return {"url": "https://hub/me/mine", "private": asked[-1].private}

        def to_publish(self, *asked):
            pushed.append(asked)
            return {"files": [["README.md", 1_500], ["<b>.json", 20]], "card": "# <i>card"}

    heard = {}
    wires = Wires(Publishing())
    with gr.Blocks():
        publishing.layout(wires, "x", publishing.SERVED)
        wires.on = lambda event, handler, inputs, *rest, **options: heard.update({handler.__name__: (handler, inputs)})
        publishing.wire(wires, "x", publishing.Source(lambda session, learn: learn["run"], ["learn"]), "")
    push, inputs = heard["push"]
    assert inputs == ["session", "learn", "x_repo", "x_token", "x_push_open", "x_push_as"] == heard["look"][1]
    given = {"learn": {"run": RUN}, "x_repo": " me/mine ", "x_token": "hf_secret", "x_push_open": False, "x_push_as": "run"}
    told = push(wires.lab, SESSION, **given)
    assert pushed.pop() == (SESSION["visitor"], RUN, Push("me/mine", "hf_secret"))
    assert told["x_token"] == ""
    assert "https://hub/me/mine (only you, and those you share it with on the Hub, see it)" in told["x_pushed"]
    told = push(wires.lab, SESSION, **{**given, "x_push_open": True, "x_push_as": "space"})
    assert pushed.pop() == (SESSION["visitor"], RUN, Push("me/mine", "hf_secret", private=False, what="space"))
    assert "everybody may see it" in told["x_pushed"]
    shown = heard["look"][0](wires.lab, SESSION, **given)["x_pushed"]
    assert pushed == [(SESSION["visitor"], RUN, "me/mine", "run")]
    assert "2 files, 1.5 kB, private. None of the rows" in shown
    assert "&lt;b&gt;.json" in shown
    assert "# &lt;i&gt;card" in shown


def test_a_set_is_pushed_once_it_has_been_made():
    source = publishing.of_file("made")
    assert source.of(session=SESSION, made="/downloads/rows.csv") == "/downloads/rows.csv"
    with pytest.raises(UserError, match="Nothing has been made yet"):
        source.of(session=SESSION, made="")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.task)
def test_fields_are_the_options_and_an_empty_one_is_chosen_for_you(kind):
    given = {name: kind.config.option(name.removeprefix(f"{kind.prefix}_")).default for name in kind.fields}
    assert kind.config.from_dict(options.values(kind, given)) == kind.config()
    empty = "learning_rate" if kind.config.option("learning_rate").optional else "epochs"
    given |= {kind.name(empty): "  "}
    assert options.values(kind, given)[empty] is None
    for preset, decided in kind.presets.items():
        drawn = options.choose_preset(None, kind, **{kind.name("preset"): preset})
        assert kind.config.from_dict({**options.values(kind, drawn)}) == kind.config.from_dict(decided)
    for odd in (options.OWN, None, ["Quick"], "Slow"):
        assert options.choose_preset(None, kind, **{kind.name("preset"): odd}) == {}


def test_a_method_is_explained_and_no_other_value():
    assert "low-rank" in options.explain(None, ADAPT, "method", adapt_method="lora")["adapt_about"].lower()
    for odd in ("none", None, ["lora"], 3):
        assert "<p" in options.explain(None, ADAPT, "method", adapt_method=odd)["adapt_about"]


def test_side_by_side_stands_what_was_written_or_that_nothing_was(tmp_path):
    write_json(tmp_path / "passport.json", {"base": {"id": "o/<b>"}})
    lab = Writing(answers=[told(token(1, "<i>")), told(perplexity=None)])
    lab.folder = lambda visitor, run_id: RunFolder(tmp_path)
    learn, given = {"adapt_run": RUN}, {"adapt_prompt": "<u>", "adapt_beside_seed": 4}
    shown = try_it.beside(lab, SESSION, learn, ADAPT, **given)["adapt_beside"]
    assert [(asked["run"], asked.get("model"), asked["seed"]) for asked in lab.asked] == [(RUN, None, 4), ("", "o/<b>", 4)]
    assert "it wrote nothing" in shown
    assert not any(mark in shown for mark in ("<b>", "<i>", "<u>"))
    with pytest.raises(UserError, match="It is gone"):  # a run without a model says so, before anybody looks for its base
        try_it.beside(Writing(GONE), SESSION, learn, ADAPT, **given)
