"""Examples: runs are trained, watched, compared, taken home."""

# /fetch_encoder
print(client.predict(me, "google/bert_uncased_L-4_H-256_A-4", api_name="/fetch_encoder"))  # google/bert_uncased_L-4_H-256_A-4

# /fetch_language_model
print(client.predict(me, "distilbert/distilgpt2", api_name="/fetch_language_model"))  # distilbert/distilgpt2

# /forecast
cost = client.predict(me, table["id"], {"method": "lora", "folds": 0}, api_name="/forecast")
print(cost["measured_steps"] >= 1, cost["trainable_percent"] < 5, cost["seconds"] > 0)  # True True True

# /train
run = client.predict(me, table["id"], {"method": "frozen", "folds": 0}, "by script", api_name="/train")
metrics = ended(run)["metrics"]
print(metrics["accuracy"] > metrics["baselines"]["majority"]["accuracy"])  # True

# /run_status
status = client.predict(me, run, api_name="/run_status")
print(status["state"], status["metrics"]["test_rows"])  # finished 74

# /run_curves
curves = client.predict(me, "example-support", api_name="/run_curves")
step, loss = curves["final"]["val_loss"][0]
print(list(curves), step, round(loss, 2))  # ['fold 1', 'fold 2', 'fold 3', 'final'] 44 0.6

# /run_samples
written = client.predict(me, "example-harbour-gpt", api_name="/run_samples")
print([sample["step"] for sample in written[:3]])  # [0, 70, 133]

# /list_runs
print("by script" in [one["name"] for one in client.predict(me, api_name="/list_runs")])  # True

# /rename_run
client.predict(me, run, "frozen encoder", api_name="/rename_run")
print("frozen encoder" in [one["name"] for one in client.predict(me, api_name="/list_runs")])  # True

# /compare_runs
short = client.predict(me, table["id"], {"method": "frozen", "folds": 0, "max_length": 16}, "short texts", api_name="/train")
ended(short)
told = client.predict(me, [run, short], api_name="/compare_runs")
print([one["name"] for one in told["runs"]])  # ['frozen encoder', 'short texts']

# /unseen_rows
rows = client.predict(me, "example-support", "billing", "billing", api_name="/unseen_rows")
print({row["label"] for row in rows})  # {'billing'}

# /download_run
path = client.predict(me, "example-support", api_name="/download_run")
print(path.endswith(".zip"))  # True

# /download_merged
path = client.predict(me, "example-harbour-stories", api_name="/download_merged")
print(path.endswith(".zip"))  # True

# /open_run
path = client.predict(me, run, api_name="/download_run")
opened = client.predict(me, handle_file(path), api_name="/open_run")
print(client.predict(me, opened, ["Where is my parcel?"], api_name="/classify")["predicted"])  # ['delivery']

# /open_run_from_hub
opened = client.predict(me, "genhub-examples/support", api_name="/open_run_from_hub")
print(client.predict(me, opened, ["Where is my parcel?"], api_name="/classify")["predicted"])  # ['delivery']

# /show_code
code = client.predict(me, run, api_name="/show_code")
print("AutoModel" in code["script"])  # True
print(code["command"].split(" --")[0])  # python -m genhub train classify

# /stop_run
stopped = client.predict(me, images["id"], {"variant": "dense", "epochs": 1, "frames": 0}, "stopped", "vae", api_name="/train")
client.predict(me, stopped, api_name="/stop_run")
print(ended(stopped)["state"])  # stopped

# /resume_run
client.predict(me, stopped, api_name="/resume_run")
print(ended(stopped)["state"])  # finished

# /delete_run
client.predict(me, stopped, api_name="/delete_run")
print(stopped in [one["run"] for one in client.predict(me, api_name="/list_runs")])  # False

# /train_with_remedy
vae = client.predict(me, images["id"], {"variant": "dense", "epochs": 1, "frames": 0}, "blurred", "vae", api_name="/train")
mended = client.predict(me, vae, "beta", api_name="/train_with_remedy")
print(client.predict(me, mended, api_name="/run_status")["state"] in ("queued", "running"))  # True
client.predict(me, mended, api_name="/stop_run")

# /measure_table
study = client.predict(me, numbers["id"], {}, {"methods": "random-over"}, api_name="/measure_table")
print(client.predict(me, study, api_name="/run_status")["state"] in ("queued", "running"))  # True
client.predict(me, study, api_name="/stop_run")

# /measure_texts
study = client.predict(me, table["id"], {"chains": "swap", "sizes": "50"}, api_name="/measure_texts")
print(client.predict(me, study, api_name="/run_status")["state"] in ("queued", "running"))  # True
client.predict(me, study, api_name="/stop_run")

# /measure_images
study = client.predict(me, images["id"], {"chains": "rotate=10", "sizes": "100"}, api_name="/measure_images")
print(client.predict(me, study, api_name="/run_status")["state"] in ("queued", "running"))  # True
client.predict(me, study, api_name="/stop_run")

# /delete_everything
print(client.predict(me, api_name="/delete_everything") > 0)  # True
