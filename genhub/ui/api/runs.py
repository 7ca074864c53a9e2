"""Endpoints for scripts: runs are forecast, trained, watched, renamed, deleted and compared."""

from collections.abc import Callable
from dataclasses import asdict

from genhub import gate
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.text import verdict


def endpoints(lab: Lab) -> list[Callable]:
    return [*_training(lab), *_lists(lab)]


def _training(lab: Lab) -> list[Callable]:
    def fetch_encoder(visitor: str, model: str) -> str:
        """Download and check an encoder of the Hub, so that no training waits for it; returns its id."""
        lab.owner(visitor)
        lab.fetch_model(model)
        return model

    def fetch_language_model(visitor: str, model: str) -> str:
        """Download and check a language model of the Hub, so that nothing waits for it; returns its id."""
        lab.owner(visitor)
        lab.fetch_model(model, "generate")
        return model

    def forecast(visitor: str, table: str, options: dict, task: str = "classify") -> dict:
        """What training would cost: trainable parameters, steps, seconds, memory, from a few measured steps. `table` is the id of what the
        task learns from: of a text for generate and scratch, of pairs for translate, of images for vae,
        autoencoder, gan and diffusion."""
        return lab.forecast(visitor, table, options, task)

    def train(visitor: str, table: str, options: dict, name: str = "", task: str = "classify") -> str:
        """Queue a training run on an examined table, for the tasks generate and scratch on a text, for translate on pairs, for vae,
        autoencoder, gan and diffusion on images; returns its id. Options are the fields of ClassifyConfig, AdaptConfig, ScratchConfig,
        TuneConfig, VAEConfig, AutoencoderConfig, GANConfig or DiffusionConfig. A model that is not on this machine is downloaded first;
        `fetch_encoder` and `fetch_language_model` do it beforehand."""
        return lab.train(visitor, table, options, name, task)

    def train_with_remedy(visitor: str, run: str, remedy: str) -> str:
        """Queue a training like a run's with what one remedy changes, on the same images: of a GAN spread, replay, wasserstein, non-saturating,
        slower, faster, critics, smoothing, noise, spectral, halved; of a VAE summed, beta. Returns the new run's id."""
        return lab.remedied(visitor, run, remedy)

    def run_status(visitor: str, run: str) -> dict:
        """State, place in the queue, progress, notes, and the final figures once there are any."""
        info, view = lab.view(visitor, run)
        progress = asdict(view.progress) if view.progress else None
        known = info.metrics if info else None  # a run that came as a zip has no log
        told = {
            "run": run,
            "state": info.state if info else "finished",
            "stage": view.stage_label,
            "progress": progress,
            "notes": view.notes,
            "metrics": view.done.metrics if view.done else known,
        }
        return {**told, "position": info.position if info else None, "error": info.error if info else None}

    def run_curves(visitor: str, run: str) -> dict:
        """The curves so far, by part (a fold, or the final model) and by name (loss, val_loss, val_accuracy …): [step, value] each."""
        return lab.view(visitor, run)[1].curves

    def run_samples(visitor: str, run: str) -> list[dict]:
        """What a language model in training wrote on its way: step, prompt, text."""
        return [asdict(sample) for sample in lab.view(visitor, run)[1].samples]

    def stop_run(visitor: str, run: str) -> str:
        """Stop a run and keep the best so far."""
        lab.stop(visitor, run)
        return run

    def resume_run(visitor: str, run: str) -> str:
        """Go on with a stopped or failed run from its last checkpoint."""
        lab.resume(visitor, run)
        return run

    return [
        fetch_encoder,
        fetch_language_model,
        forecast,
        train,
        train_with_remedy,
        run_status,
        run_curves,
        run_samples,
        stop_run,
        resume_run,
    ]


def _lists(lab: Lab) -> list[Callable]:
    def list_runs(visitor: str) -> list[dict]:
        """This visitor's runs, newest first."""
        return [
            {
                "run": info.id,
                "name": info.name,
                "state": info.state,
                "task": info.task,
                "method": info.method,
                "accuracy": (info.metrics or {}).get("accuracy"),
                "bits_per_character": (info.metrics or {}).get("bits_per_character"),
            }
            for info in lab.runs(visitor)
        ]

    def rename_run(visitor: str, run: str, name: str) -> str:
        """Give a run another name."""
        lab.rename(visitor, run, name)
        return run

    def open_run_from_hub(visitor: str, repo: str, token: str = "") -> str:
        """Open a run that GenHub pushed to the Hub: owner/name, or owner/name@revision; returns the id of the run. A private one needs a token
        that may read it, which is kept nowhere."""
        return lab.reopen_from_hub(visitor, repo, token)

    def delete_run(visitor: str, run: str) -> str:
        """Delete a run and everything in it."""
        lab.delete(visitor, run)
        return run

    def delete_everything(visitor: str) -> int:
        """Delete every run and table of this visitor; returns how many runs."""
        return lab.delete_all(visitor)

    def compare_runs(visitor: str, runs: list[str]) -> dict:
        """Runs on the same split in one table, with paired differences to the first."""
        return asdict(lab.compare(visitor, runs))

    def unseen_rows(visitor: str, run: str, label: str, predicted: str) -> list[dict]:
        """The unseen rows of one cell of the confusion matrix: those labelled `label` for which the run said `predicted`, the most
        confident first. Runs that came as a zip carry no rows."""
        folder = lab.folder(visitor, run)
        labels = folder.read("passport.json")["labels"]
        for value, field in ((label, "label"), (predicted, "predicted")):
            gate.choice(value, labels, field)
        if not folder.has("predictions.jsonl"):
            raise UserError("The rows of this run are not here.", "They are never part of an export.", "Train it here to read them.", "run")
        return verdict.cell_rows(verdict.read_predictions(folder.path), label, predicted)

    return [list_runs, rename_run, open_run_from_hub, delete_run, delete_everything, compare_runs, unseen_rows]
