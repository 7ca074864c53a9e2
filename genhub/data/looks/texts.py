"""Whether the encoder can read the texts: their lengths, their languages."""

from genhub.data import encoder_fit, languages
from genhub.data.looks.case import Case, Finding, counted, remedy


def long(case: Case) -> Finding | None:
    lengths = case.lengths
    if not lengths.over:
        return None
    about = "At least " if lengths.unit == "words" else "About " if lengths.estimated else ""
    what = f"{about}{counted(lengths.over, 'text is', 'texts are')} longer than the {lengths.max_length} tokens the encoder reads."
    will = f"What is beyond that is cut off. The longest has {lengths.longest:,} {lengths.unit}; raise Max length to read more, slower."
    return Finding("long-texts", "warning", what, will, count=lengths.over)


def not_measured(case: Case) -> Finding | None:
    if case.lengths.unit != "words":
        return None
    what = "Lengths are counted in words: the encoder, and with it its tokenizer, is not on this machine yet."
    return Finding("words", "info", what, f"A word is a token or more. The longest text has {counted(case.lengths.longest, 'word')}.")


def language(case: Case) -> Finding | None:
    language, trained = case.language, case.context.languages
    if language is None:
        return None
    if "*" in trained or language.code in trained:
        return Finding("language", "info", f"The texts look like {language.name}.")
    what = f"The texts look like {language.name} ({language.share:.0%} of a sample); this encoder was trained on {_languages(trained)}."
    will = "Training goes ahead and will be weaker; a multilingual encoder is in the list of models."
    return Finding("language", "warning", what, will)


def strangers(case: Case) -> Finding | None:
    """Single texts in a language that neither the table nor the encoder has."""
    found = case.found("other-languages")
    if found is None:
        return None
    looks = counted(found.count, "text looks", "texts look")
    what = f"{looks} like another language ({', '.join(found.names)}); this encoder was trained on {_languages(case.context.languages)}."
    among, total = case.language.looked, len(encoder_fit.texts_of(case.table, case.columns[0]))
    if among < total:
        what += f" {among:,} of {total:,} texts were looked at."
    done = "It is left out." if found.count == 1 else "They are left out."
    return remedy(case, "other-languages", "warning", what, ("They are kept; expect mistakes in them.", done), "drop-other-languages")


def _languages(codes: tuple[str, ...]) -> str:
    return " and ".join(languages.called(code) for code in codes)
