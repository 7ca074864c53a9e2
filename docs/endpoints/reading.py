"""Examples: data come in."""

# /new_visitor
visitor = client.predict(api_name="/new_visitor")
print(len(visitor))  # 43

# /read_sample
table = client.predict(me, "support", api_name="/read_sample")
print(table["columns"], table["rows"])  # ['text', 'label'] 376

# /read_text
lines = "text,label\nWhere is my parcel?,delivery\nI paid twice.,billing"
pasted = client.predict(me, lines, api_name="/read_text")
print(pasted["rows"])  # 2

# /read_table
reviews = client.predict(me, handle_file(samples / "reviews.csv"), [], api_name="/read_table")
print(reviews["name"], reviews["rows"])  # reviews.csv 442

# /read_hub_dataset
news = client.predict(me, "fancyzhx/ag_news", "", "test", api_name="/read_hub_dataset")
print(news["columns"], news["hub"]["dataset"])  # ['text', 'label'] fancyzhx/ag_news

# /add_test_table
other = client.predict(me, "shortcut", api_name="/read_sample")
unseen = handle_file(samples / "shortcut_counterexamples.csv")
print(client.predict(me, other["id"], unseen, [], api_name="/add_test_table"))  # 330

# /examine_table
report = client.predict(me, table["id"], "text", "label", [], {"folds": 0}, api_name="/examine_table")
print(report["ready"], report["split"]["kind"])  # True hold-out

# /finding_rows
messy = client.predict(me, "messy", api_name="/read_sample")
report = client.predict(me, messy["id"], "text", "label", api_name="/examine_table")
print([finding["code"] for finding in report["findings"] if finding["listed"]][:3])  # ['merge-labels', 'drop-rare', 'empty-texts']
path = client.predict(me, messy["id"], "drop-duplicates", api_name="/finding_rows")
print(Path(path).read_text(encoding="utf-8").splitlines()[0])  # row,line,text,label,why

# /drop_test_table
other = client.predict(me, "shortcut", api_name="/read_sample")
unseen = handle_file(samples / "shortcut_counterexamples.csv")
client.predict(me, other["id"], unseen, [], api_name="/add_test_table")
print(client.predict(me, other["id"], api_name="/drop_test_table") == other["id"])  # True

# /read_corpus
play = (samples / "harbour_plays.txt").read_text(encoding="utf-8")
corpus = client.predict(me, play, "plays", api_name="/read_corpus")
print(corpus["name"], corpus["characters"])  # plays 95705

# /read_bundled_corpus
corpus = client.predict(me, "harbour", api_name="/read_bundled_corpus")
print(corpus["words"])  # 19338

# /read_corpus_file
stories = client.predict(me, handle_file(samples / "guessing.jsonl"), "text", False, [], api_name="/read_corpus_file")
print(stories["characters"])  # 7734

# /read_hub_corpus
stories = client.predict(me, "roneneldan/TinyStories", "", "validation", "text", api_name="/read_hub_corpus")
print(stories["words"] > 100)  # True

# /read_bundled_images
images = client.predict(me, "digits", {"side": 8}, api_name="/read_bundled_images")
print(images["images"], images["side"])  # 1797 8

# /read_images_file
drawn = client.predict(me, "embedded/mnist-gan-classes", 8, {"seed": 0}, "zip", api_name="/enlarge_images")
digits = client.predict(me, handle_file(drawn), {"side": 28}, api_name="/read_images_file")
print(digits["images"], digits["side"])  # 80 28

# /read_hub_images
digits = client.predict(me, "ylecun/mnist::test", {"side": 28}, "label", api_name="/read_hub_images")
print(digits["side"], digits["channels"])  # 28 1

# /read_picture
drawn = client.predict(me, "embedded/fashion-gan-classes", {"n": 1}, api_name="/draw_images")
Path("drawn.png").write_bytes(b64decode(drawn["picture"]))
photo = client.predict(me, handle_file("drawn.png"), api_name="/read_picture")
print(photo["width"], photo["height"])  # 28 28

# /read_pairs
lines = "The sea is blue.\tEl mar es azul.\nI like bread.\tMe gusta el pan."
pairs = client.predict(me, lines, ["en", "es"], api_name="/read_pairs")
print(pairs["pairs"])  # 2

# /read_pairs_file
Path("pairs.tsv").write_text("en\tes\nA cat.\tUn gato.\nA dog.\tUn perro.\n", encoding="utf-8")
small = client.predict(me, handle_file("pairs.tsv"), ["en", "es"], "en", "es", [], api_name="/read_pairs_file")
print(small["pairs"])  # 2

# /read_hub_pairs
books = client.predict(me, "Helsinki-NLP/opus_books:en-es", ["en", "es"], api_name="/read_hub_pairs")
print(books["languages"])  # ['en', 'es']

# /read_bundled_numbers
numbers = client.predict(me, "wine-rare", api_name="/read_bundled_numbers")
print(numbers["rows"], len(numbers["columns"]))  # 139 14
