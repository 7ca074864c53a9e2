"""The text that embedded/stories learns from: old children's books and short stories, without what should not be repeated.

The books are of their time: some hold racist and other offensive passages. Whole books go that are full of them, or that are no
stories (`LEFT_OUT`); in the others a paragraph with a word of `WORDS` goes, and the text is cut there, so that what is left never
jumps. A word list does not find what is offensive without such a word: the card says so.
"""

import csv
import gzip
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

SLURS, PLAYS, LESSONS = "offensive passages throughout", "plays, not stories", "puzzles or notes for lessons, not stories"

LEFT_OUT = {  # Project Gutenberg's number → why
    "25384": SLURS,  # Ben's Nugget
    "5623": SLURS,  # The Young Explorer
    "22669": SLURS,  # The Young Miner
    "53821": SLURS,  # Julius, the Street Boy
    "27300": SLURS,  # The Young Adventurer
    "56896": SLURS,  # Tom Thatcher's Fortune
    "51600": SLURS,  # The Border Boys Along the St. Lawrence
    "42102": SLURS,  # The Boy Scouts' Mountain Camp
    "59986": SLURS,  # The Dreadnought Boys' World Cruise
    "41265": SLURS,  # The Ocean Wireless Boys and the Lost Liner
    "20432": SLURS,  # Young Captain Jack (held out)
    "40764": SLURS,  # Barty Crusoe and His Man Saturday
    "33986": PLAYS,  # Comic Tragedies
    "6965": PLAYS,  # Alice Sit-By-The-Fire
    "37970": PLAYS,  # Contemporary One-Act Plays
    "4021": PLAYS,  # Dear Brutus
    "9617": PLAYS,  # Echoes of the War
    "31266": PLAYS,  # Quality Street
    "3490": PLAYS,  # The Admirable Crichton
    "5654": PLAYS,  # What Every Woman Knows
    "35688": PLAYS,  # Alice in Wonderland: A Dramatization
    "4763": LESSONS,  # The Game of Logic
    "49579": LESSONS,  # Little Lord Fauntleroy, for schools in Germany
}

WORDS = re.compile(  # paragraphs with one of these go
    r"""\b(?:
      nigg[aeu]\w* | niggah\w* | darke?y | dark(?:e?y|ie)s | coons? | pickaninn\w* | negro\w* | negress\w* | mulatto\w* | sambo | mammy
    | black(?:s|amoors?) | colou?red\ (?:man|men|boys?|girls?|wom[ae]n|gentlem[ae]n|servants?|people|folks?|persons?)
    | kaffirs? | hottentots? | eskimos? | cannibals? | savages? | barbarians? | heathens? | pagans? | infidels?
    | chinam[ae]n | chinks? | chinee | japs? | injuns? | indians? | redskins? | red\ m[ae]n | squaws? | half-?breeds?
    | jews? | jewish | jewess\w* | hebrews? | sheen(?:y|ies) | gyps(?:y|ies) | dagos? | papists? | mohammedans? | turks? | arabs?
    | slaves? | slavery | lynch\w* | whip(?:ped|ping) | flogg\w* | thrash(?:ed|ing)
    | idiots? | imbeciles? | cripples? | lunatics? | hunchback\w*
    | damn\w* | bastards? | wench\w* | whores? | harlots? | sluts? | strumpets? | rape[ds]? | orgy | orgies | prostitut\w* | naked\w*
    | suicid\w* | murder\w* | hang(?:ed|man) | corpses? | drunk\w* | whisk(?:y|ey) | cigar\w* | tobacco | opium
    | kill(?:s|ed|ing|er|ers)? | stab(?:s|bed|bing)? | blood\w* | tortur\w*
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)

QUOTES = str.maketrans({"“": '"', "”": '"', "«": '"', "»": '"', "’": "'", "‘": "'", "`": "'", "–": "—"})


@dataclass
class Kept:
    """`texts` without what was left out, one a passage; and how much that was."""

    texts: list[str] = field(default_factory=list)
    books: int = 0
    books_left_out: Counter = field(default_factory=Counter)
    paragraphs: int = 0
    paragraphs_left_out: int = 0

    def add(self, text: str) -> None:
        """One book or story: its paragraphs, cut where one is left out."""
        passage: list[str] = []
        for paragraph in (line.strip() for line in text.translate(QUOTES).split("\n")):
            if not paragraph:
                continue
            self.paragraphs += 1
            if WORDS.search(paragraph):
                self.paragraphs_left_out += 1
                self.end(passage)
                passage = []
            else:
                passage.append(paragraph)
        self.end(passage)

    def end(self, passage: list[str]) -> None:
        if passage:
            self.texts.append("\n".join(passage))

    def facts(self) -> dict:
        return {
            "books": self.books,
            "books_left_out": dict(self.books_left_out),
            "paragraphs": self.paragraphs,
            "paragraphs_left_out": self.paragraphs_left_out,
            "characters": sum(map(len, self.texts)),
        }


def books(text: Path, index: Path, chosen: Path) -> Kept:
    """The books of one file (an empty line between two) that the index `chosen` lists too.

    `index` lists every book of every split in the file's order, `text` is named by its split. Raises ValueError when they disagree.
    """
    split = text.name.split(".")[1]
    with gzip.open(text, "rt", encoding="utf-8", newline="") as file:
        found = [book for book in file.read().split("\n\n") if book.strip()]
    listed = [row for row in rows(index) if row["split"] == split]
    if len(found) != len(listed):
        raise ValueError(f"{text.name} holds {len(found)} books, {index.name} lists {len(listed)}")
    wanted = {(row["pg_id"], row["title"]) for row in rows(chosen)}
    kept = Kept()
    for book, row in zip(found, listed, strict=True):
        if abs(len(book) - int(row["chars"])) > 0.02 * len(book) + 100:
            raise ValueError(f"{row['title']}: {len(book)} characters, not {row['chars']}")
        if (row["pg_id"], row["title"]) not in wanted:
            continue
        if row["pg_id"] in LEFT_OUT:
            kept.books_left_out[LEFT_OUT[row["pg_id"]]] += 1
            continue
        kept.books += 1
        kept.add(book)
    return kept


def stories(text: Path, end: str = "<|endoftext|>") -> Kept:
    """Short stories, one between two `end` marks."""
    with gzip.open(text, "rt", encoding="utf-8", newline="") as file:
        found = file.read().split(end)
    kept = Kept()
    for story in found:
        if WORDS.search(story):  # a story is short: it goes as a whole
            paragraphs = len([line for line in story.split("\n") if line.strip()])
            kept.paragraphs += paragraphs
            kept.paragraphs_left_out += paragraphs
            kept.books_left_out["stories with a word of the list"] += 1
        elif story.strip():
            kept.books += 1
            kept.add(story)
    return kept


def rows(index: Path) -> list[dict]:
    with index.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
