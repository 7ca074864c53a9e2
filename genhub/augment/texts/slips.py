"""Slips of the finger and of the pen: which keys lie beside a key, and how words are misspelt."""

from collections.abc import Sequence

import numpy as np

# An American keyboard, each row half a key or so to the right of the one above.
ROWS = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))
NEAR = 1.3  # in keys

# Misspellings that are common in English, by the word.
MISSPELT = {
    "accidentally": "accidently",
    "accommodate": "accomodate",
    "achieve": "acheive",
    "across": "accross",
    "address": "adress",
    "again": "agian",
    "always": "allways",
    "amateur": "amature",
    "apparently": "apparantly",
    "argument": "arguement",
    "basically": "basicly",
    "beautiful": "beautifull",
    "because": "becuase",
    "beginning": "begining",
    "believe": "beleive",
    "business": "buisness",
    "calendar": "calender",
    "character": "charachter",
    "colleague": "collegue",
    "coming": "comming",
    "committed": "commited",
    "completely": "completly",
    "conscious": "concious",
    "could": "coud",
    "customer": "costumer",
    "decision": "descision",
    "definitely": "definately",
    "delivery": "delivary",
    "different": "diffrent",
    "disappear": "dissapear",
    "disappointed": "dissapointed",
    "embarrassing": "embarassing",
    "environment": "enviroment",
    "especially": "expecially",
    "every": "evry",
    "exactly": "exactely",
    "excellent": "excelent",
    "existence": "existance",
    "experience": "experiance",
    "familiar": "familar",
    "favorite": "favorit",
    "finally": "finaly",
    "foreign": "foriegn",
    "forty": "fourty",
    "friend": "freind",
    "funny": "funy",
    "government": "goverment",
    "grammar": "grammer",
    "guarantee": "garantee",
    "happened": "happend",
    "height": "hieght",
    "humorous": "humourous",
    "immediately": "immediatly",
    "independent": "independant",
    "interesting": "intresting",
    "interest": "intrest",
    "knowledge": "knowlege",
    "language": "langauge",
    "leisure": "liesure",
    "library": "libary",
    "little": "littel",
    "maybe": "mabye",
    "message": "mesage",
    "minute": "minuet",
    "money": "mony",
    "movie": "moive",
    "necessary": "neccessary",
    "noticeable": "noticable",
    "occasion": "occassion",
    "occurred": "occured",
    "often": "offen",
    "original": "orignal",
    "password": "pasword",
    "people": "poeple",
    "perfect": "prefect",
    "perform": "preform",
    "performance": "performence",
    "piece": "peice",
    "please": "plese",
    "possible": "posible",
    "prefer": "perfer",
    "probably": "probaly",
    "problem": "probelm",
    "publicly": "publically",
    "really": "realy",
    "received": "recieved",
    "receive": "recieve",
    "recommend": "reccomend",
    "referred": "refered",
    "relevant": "relevent",
    "remember": "rember",
    "restaurant": "restaraunt",
    "schedule": "shedule",
    "separate": "seperate",
    "several": "severel",
    "should": "shoud",
    "similar": "similer",
    "since": "sinse",
    "something": "somthing",
    "speech": "speach",
    "story": "storey",
    "successful": "succesful",
    "surprise": "suprise",
    "the": "teh",
    "their": "thier",
    "there": "their",
    "therefore": "therefor",
    "thought": "tought",
    "through": "trough",
    "together": "togther",
    "tomorrow": "tommorow",
    "tonight": "tonite",
    "too": "to",
    "truly": "truely",
    "until": "untill",
    "usually": "usualy",
    "very": "verry",
    "weather": "wether",
    "weird": "wierd",
    "welcome": "wellcome",
    "where": "were",
    "which": "wich",
    "whole": "hole",
    "without": "withot",
    "would": "woud",
    "writing": "writting",
    "your": "youre",
}


def _neighbours() -> dict[str, str]:
    places = {key: (row, shift + column) for row, (keys, shift) in enumerate(ROWS) for column, key in enumerate(keys)}
    return {
        key: "".join(other for other, there in places.items() if other != key and _distance(place, there) < NEAR)
        for key, place in places.items()
    }


def _distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    return ((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5


NEIGHBOURS = _neighbours()


def beside(letter: str, rng: np.random.Generator) -> str:
    """A letter beside it on the keyboard; what is no letter of it stays."""
    known = NEIGHBOURS.get(letter.lower())
    if not known:
        return letter
    slipped = known[int(rng.integers(len(known)))]
    return slipped.upper() if letter.isupper() else slipped


def misspelt(word: str, rng: np.random.Generator) -> str:
    """As people misspell it, or else with a slip of the pen: a letter left out, doubled, or changing places with the next."""
    known = MISSPELT.get(word.lower())
    if known:
        return known
    if len(word) < 4 or not word.isalpha():
        return word
    at = int(rng.integers(1, len(word) - 2))
    slips: Sequence[str] = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    return slips[int(rng.integers(len(slips)))]
