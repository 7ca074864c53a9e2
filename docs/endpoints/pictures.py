"""Examples: image models draw and look; pictures, texts and tables are augmented."""

# /image_models
print("embedded/mnist-vae-2" in [model["id"] for model in client.predict(api_name="/image_models")])  # True

# /draw_images
drawn = client.predict(me, "embedded/mnist-vae-classes", {"n": 10, "label": "7", "seed": 0}, api_name="/draw_images")
Path("sevens.png").write_bytes(b64decode(drawn["picture"]))
print(Path("sevens.png").read_bytes()[1:4])  # b'PNG'

# /enlarge_images
path = client.predict(me, "embedded/mnist-gan-classes", 3, {"seed": 1}, "npz", api_name="/enlarge_images")
print(path.endswith(".npz"))  # True

# /image_map
found = client.predict(me, "embedded/mnist-vae-2", api_name="/image_map")
print(len(found["places"]) == len(found["classes"]), found["kept"], found["names"][:3])  # True 1.0 ['0', '1', '2']

# /images_at
there = client.predict(me, "embedded/mnist-vae-2", [[0.0, 0.0], [1.0, -1.0]], api_name="/images_at")
print(len(there["codes"]))  # 2

# /look_at_code
looked = client.predict(me, "embedded/mnist-vae-2", {"place": [1.0, -1.0]}, api_name="/look_at_code")
print(len(looked["code"]), len(looked["nearest"]["classes"]))  # 2 8

# /give_image_back
drawn = client.predict(me, "embedded/mnist-vae-classes", {"n": 1, "label": "7"}, api_name="/draw_images")
Path("seven.png").write_bytes(b64decode(drawn["picture"]))
back = client.predict(me, "embedded/mnist-vae-2", handle_file("seven.png"), {"damage": "gaussian"}, api_name="/give_image_back")
print(0 < back["error"] < 0.2, len(back["code"]))  # True 2

# /image_models_beside
told = client.predict(me, "embedded/mnist-vae-2", "embedded/mnist-vae-16", api_name="/image_models_beside")
print(told["errors"][0] > told["errors"][1])  # True

# /tell_image
taught = client.predict(me, digits["id"], {"epochs": 2, "lora": False, "scratch": False}, "taught", "transfer", api_name="/train")
ended(taught)
told = client.predict(me, taught, handle_file("seven.png"), {}, api_name="/tell_image")
print(len(told["names"]), round(sum(told["shares"]), 2))  # 10 1.0

# /discriminator_moments
steps = client.predict(api_name="/discriminator_moments")
print(len(steps))  # 12

# /deal_tiles
dealt = client.predict(me, len(steps), 0, api_name="/deal_tiles")
print(dealt["count"])  # 12

# /judge_tiles
judged = client.predict(me, len(steps), 0, [True, False] * 6, api_name="/judge_tiles")
print(len(judged["fake"]), 0 <= judged["right"] <= 12)  # 12 True

# /augment_picture
chain = {"format": "genhub-augmentation-1", "kind": "image", "steps": [{"name": "rotate", "amount": 20}, {"name": "brightness"}]}
made = client.predict(me, "cat", chain, 4, api_name="/augment_picture")
print(len(made["variants"]))  # 4

# /pack_variants
chain = {"format": "genhub-augmentation-1", "kind": "image", "steps": [{"name": "rotate", "amount": 20}]}
path = client.predict(me, "cat", chain, {"copies": 2}, api_name="/pack_variants")
print(path.endswith(".zip"))  # True

# /augment_texts
chain = {"format": "genhub-augmentation-1", "kind": "text", "steps": [{"name": "swap"}], "seed": 1}
made = client.predict(me, ["The dog ran home."], chain, 2, api_name="/augment_texts")
print([variant["text"] for variant in made["variants"]])  # ['The dog ran home.', 'The dog home ran.']

# /augment_table_of_texts
chain = {"format": "genhub-augmentation-1", "kind": "text", "steps": [{"name": "delete"}]}
how = {"copies": 1, "column": "text", "kind": "csv"}
path = client.predict(me, handle_file(samples / "support.csv"), chain, how, api_name="/augment_table_of_texts")
print(Path(path).read_text(encoding="utf-8").splitlines()[0])  # text,label,made_of_row,operations,similarity

# /augment_image_set
chain = {"format": "genhub-augmentation-1", "kind": "image", "steps": [{"name": "rotate", "amount": 10}]}
path = client.predict(me, images["id"], chain, {"copies": 1, "kind": "npz"}, api_name="/augment_image_set")
print(path.endswith(".npz"))  # True

# /even_out_table
path = client.predict(me, numbers["id"], {}, {"method": "smote", "seed": 0, "kind": "csv"}, api_name="/even_out_table")
print(len(Path(path).read_text(encoding="utf-8").splitlines()))  # 214

# /breaking_points
told = client.predict(me, "rotate", "6", 0, api_name="/breaking_points")
print(list(told))  # ['amounts', 'pictures', 'names', 'shares']
