"""Examples: classifiers, language models and translators answer."""

# /classify
answer = client.predict(me, "example-support", ["Where is my parcel?", "I was charged twice."], api_name="/classify")
print(answer["predicted"])  # ['delivery', 'billing']

# /classify_table
path = client.predict(me, "example-support", handle_file(samples / "support.csv"), [], 0.6, api_name="/classify_table")
print(Path(path).read_text(encoding="utf-8").splitlines()[0])  # text,label,predicted,probability,abstained

# /explain
told = client.predict(me, "example-support", "I was charged twice.", api_name="/explain")
print(max(told["words"], key=lambda word: word["score"])["text"])  # charged

# /leave_out
answer = client.predict(me, "example-support", "I was charged twice.", [[6, 13]], api_name="/leave_out")
print(answer["text"], answer["predicted"])  # I was twice. account

# /base_lines
told = client.predict(me, "example-support", "I was charged twice.", api_name="/base_lines")
print(told["majority"]["label"], told["tfidf"]["predicted"])  # delivery ['billing']

# /language_models
print([model["id"] for model in client.predict(api_name="/language_models")][:2])  # ['embedded/stories', 'embedded/shakespeare']

# /write
greedy = {"model": "embedded/stories", "strategy": "greedy", "max_new_tokens": 8}
told = client.predict(me, "Once upon a time", greedy, api_name="/write")
print(told["text"])  # , there was a little girl named Lily

# /write_stream
job = client.submit(me, "KEEPER:\n", {"strategy": "greedy", "max_new_tokens": 8}, "example-harbour-gpt", api_name="/write_stream")
pieces = [token["text"] for event in job for token in event.get("tokens", [])]
print("".join(pieces) == job.outputs()[-1]["result"]["text"])  # True

# /branch
greedy = {"model": "embedded/stories", "strategy": "greedy", "max_new_tokens": 8}
first = client.predict(me, "Once upon a time", greedy, api_name="/write")
why = client.predict(me, first["prompt_ids"] + [first["tokens"][0]["id"]], len(first["prompt_ids"]), greedy, api_name="/why_token")
other = client.predict(me, "Once upon a time", greedy, [why["candidates"][1]["id"]], api_name="/branch")
print(other["text"].strip())  # there was a little girl named Lily.

# /why_token
greedy = {"model": "embedded/stories", "strategy": "greedy", "max_new_tokens": 8}
told = client.predict(me, "Once upon a time", greedy, api_name="/write")
ids = told["prompt_ids"] + [token["id"] for token in told["tokens"]]
why = client.predict(me, ids, len(told["prompt_ids"]), greedy, api_name="/why_token")
print([candidate["text"] for candidate in why["candidates"]][:3])  # [',', ' there', ' in']

# /beam_tree
beam = {"model": "embedded/stories", "strategy": "beam", "beams": 2, "max_new_tokens": 4}
tree = client.predict(me, "Once upon a time", beam, api_name="/beam_tree")
print(tree["hypotheses"][0]["text"])  # , there was a

# /score_text
told = client.predict(me, "The dog saw the cat.", {"model": "embedded/stories"}, api_name="/score_text")
print(round(told["bits_per_character"], 1))  # 1.4

# /fill_gaps
told = client.predict(me, "The dog ran home because it was late.", 0, api_name="/fill_gaps")
print([token["text"] for token in told["tokens"] if token["how"] == "mask"])  # ['ran']

# /translation_models
print([model["id"] for model in client.predict(api_name="/translation_models")][:2])  # ['embedded/en-es', 'embedded/es-en']

# /translate
told = client.predict(me, "The sea is blue.", {"model": "embedded/en-es", "beams": 4}, api_name="/translate")
print(told["translation"])  # El mar es azul.

# /translate_stream
job = client.submit(me, "The sea is blue. I like bread.", {"model": "embedded/en-es"}, api_name="/translate_stream")
print([event["sentence"]["translation"] for event in job if "sentence" in event])  # ['El mar es azul.', 'Me gusta el pan.']

# /translate_file
Path("letter.txt").write_text("The sea is blue.\n", encoding="utf-8")
path = client.predict(me, handle_file("letter.txt"), {"model": "embedded/en-es"}, "", api_name="/translate_file")
print(Path(path).read_text(encoding="utf-8").strip())  # El mar es azul.

# /translation_attention
how = {"model": "embedded/en-es"}
sentence = client.predict(me, "The sea is blue.", how, api_name="/translate")["sentences"][0]
pair = {"source": sentence["source_ids"], "target": sentence["hypotheses"][0]["ids"]}
seen = client.predict(me, pair, how, api_name="/translation_attention")
print(seen["target_words"])  # ['El', 'mar', 'es', 'azul', '.']

# /translation_beam_tree
how = {"model": "embedded/en-es", "beams": 2}
sentence = client.predict(me, "The sea is blue.", how, api_name="/translate")["sentences"][0]
tree = client.predict(me, sentence["source_ids"], how, 3, [], api_name="/translation_beam_tree")
print(tree["hypotheses"][0]["text"])  # El mar es

# /judge_translation
told = client.predict(me, pairs["id"], ["embedded/en-es"], {"beams": 2}, api_name="/judge_translation")
print([system["name"] for system in told["systems"]])  # ['embedded/en-es', 'the source as it is']
