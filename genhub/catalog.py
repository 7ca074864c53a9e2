"""The models we offer: data, not code. `embedded/<name>` ships with us, `owner/name` lives on the Hub."""

from dataclasses import dataclass

from genhub.errors import UserError

# Architectures whose encoder `AutoModel` loads without code from the repository.
ENCODER_TYPES = ("bert", "distilbert", "roberta", "albert", "electra", "mpnet", "xlm-roberta", "deberta-v2", "camembert", "modernbert")
# Architectures whose language model `AutoModelForCausalLM` loads without code from the repository.
CAUSAL_TYPES = ("gpt2", "gpt_neo", "gpt_neox", "opt", "bloom", "llama", "mistral", "qwen2", "qwen3", "phi", "olmo2", "smollm3")


@dataclass(frozen=True)
class Model:
    """`pooling` is how the sentence vector was trained: "mean" or "cls". `parameters` counts weights."""

    id: str
    task: str
    parameters: int
    megabytes: float
    licence: str
    source: str
    revision: str
    languages: tuple[str, ...]
    note: str
    pooling: str = "mean"
    max_length: int = 512
    sha256: str = ""  # of model.safetensors, where we know it
    hub_id: str = ""  # where an embedded model comes from


MODELS = {
    model.id: model
    for model in (
        Model(
            id="embedded/minilm-l6",
            task="encoder",
            parameters=22_713_216,
            megabytes=90.9,
            licence="Apache-2.0",
            source="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
            revision="c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
            languages=("en",),
            note="Six layers of BERT, trained on a billion sentence pairs. Small, quick, good at meaning.",
            max_length=512,
            sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            hub_id="sentence-transformers/all-MiniLM-L6-v2",
        ),
        Model(
            "google-bert/bert-base-uncased",
            "encoder",
            109_482_240,
            440.4,
            "Apache-2.0",
            "https://huggingface.co/google-bert/bert-base-uncased",
            "main",
            ("en",),
            "The original BERT: slower, the textbook's model.",
        ),
        Model(
            "distilbert/distilbert-base-uncased",
            "encoder",
            66_362_880,
            268.0,
            "Apache-2.0",
            "https://huggingface.co/distilbert/distilbert-base-uncased",
            "main",
            ("en",),
            "BERT distilled to six layers.",
        ),
        Model(
            "google/bert_uncased_L-4_H-256_A-4",
            "encoder",
            11_170_560,
            44.7,
            "Apache-2.0",
            "https://huggingface.co/google/bert_uncased_L-4_H-256_A-4",
            "main",
            ("en",),
            "BERT-Mini: four small layers.",
        ),
        Model(
            "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
            "encoder",
            117_653_760,
            470.6,
            "Apache-2.0",
            "https://huggingface.co/sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
            "main",
            ("*",),
            "MiniLM for fifty languages.",
        ),
    )
}


def get(model_id: str) -> Model:
    """The catalog's entry. Raises UserError for an id that is not in it."""
    if model_id not in MODELS:
        raise UserError(f"The catalog has no model “{model_id[:80]}”.", "", f"Choose one of {', '.join(MODELS)}.", "model")
    return MODELS[model_id]


def hub_id(model_id: str) -> str:
    """The id under which anybody finds a model: an embedded one is also on the Hub."""
    entry = MODELS.get(model_id)
    return entry.hub_id if entry and entry.hub_id else model_id


def of_task(task: str) -> list[Model]:
    return [model for model in MODELS.values() if model.task == task]
