"""Does a folder make a Space? Everything that the Hub, pip or a stranger would stumble over, told at once and before anything is sent."""

import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from genhub.deploy.build import HEADER, REQUIREMENTS, Variant, files
from genhub.errors import UserError

REQUIRED = ("title", "emoji", "colorFrom", "colorTo", "sdk", "license", "short_description")
KNOWN = {
    *REQUIRED,
    "sdk_version",
    "python_version",
    "app_file",
    "app_port",
    "tags",
    "models",
    "datasets",
    "pinned",
    "suggested_hardware",
} | {
    "preload_from_hub",
    "hf_oauth",
    "hf_oauth_scopes",
    "startup_duration_timeout",
    "disable_embedding",
}
COLORS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
SHORT_CHARS = 60
SPACE_BYTES, FILE_BYTES = 1_000_000_000, 50_000_000
PORT = 7860
PIN = r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[A-Za-z0-9.+!]+( *;.*)?"
INDEX = r"--extra-index-url https://download\.pytorch\.org/whl/[a-z0-9]+"
SECRET_FILES = re.compile(r"(^|/)(\.env.*|.*\.pem|id_(rsa|ed25519)|browser\.secret|runs\.db|\.netrc|token)$")
SECRETS = re.compile(rb"hf_[A-Za-z0-9]{30,}|gh[pousr]_[A-Za-z0-9]{30,}|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----")
TEXTS = (".py", ".md", ".txt", ".json", ".toml", ".yaml", ".yml", ".css", ".js", ".csv", "Dockerfile")


def check(folder: Path, variant: Variant) -> dict:
    """{"files", "bytes"} of a folder that makes a Space. Raises UserError that names all that is wrong."""
    wrong = [*_header(folder, variant), *_requirements(folder, variant), *_docker(folder, variant), *_sizes(folder), *_secrets(folder)]
    if wrong:
        raise UserError(f"This folder makes no Space: {'; '.join(wrong)}.", "", "Mend that in spaces/ and run the command again.")
    sizes = [size for _, size in files(folder)]
    return {"files": len(sizes), "bytes": sum(sizes)}


def header(folder: Path) -> dict:
    """The keys at the top of the README."""
    from huggingface_hub import metadata_load

    return metadata_load(folder / HEADER) or {}


def _header(folder: Path, variant: Variant) -> Iterator[str]:
    if not (folder / HEADER).exists():
        yield f"{HEADER} is missing"
        return
    try:
        keys = header(folder)
    except Exception as error:  # noqa: BLE001 - whatever a YAML parser raises, the header cannot be read
        yield f"the header of {HEADER} cannot be read ({type(error).__name__})"
        return
    yield from (f"the header of {HEADER} has no {name}" for name in REQUIRED if not keys.get(name))
    yield from (f"the header of {HEADER} has a key that the Hub does not know, {name}" for name in sorted(keys.keys() - KNOWN))
    if keys.get("sdk") != variant.sdk:
        yield f"the header's sdk is {keys.get('sdk')}, not {variant.sdk}"
    if len(str(keys.get("short_description", ""))) > SHORT_CHARS:
        yield f"short_description has more than {SHORT_CHARS} characters"
    yield from (
        f"{name} is {keys[name]}, not one of {', '.join(COLORS)}" for name in ("colorFrom", "colorTo") if keys.get(name) not in COLORS
    )
    if variant.sdk == "gradio":
        yield from _gradio(folder, keys, variant)


def _gradio(folder: Path, keys: dict, variant: Variant) -> Iterator[str]:
    if str(keys.get("sdk_version")) != version("gradio"):
        yield f"sdk_version is {keys.get('sdk_version')}, and GenHub is tested with Gradio {version('gradio')}"
    if not isinstance(keys.get("python_version"), str):
        yield "python_version must stand in quotation marks, or 3.10 becomes 3.1"
    elif not re.fullmatch(variant.python, keys["python_version"]):
        yield f"python_version is {keys['python_version']}, which this hardware does not have"
    if variant.hardware and keys.get("suggested_hardware") != variant.hardware:
        yield f"suggested_hardware is {keys.get('suggested_hardware')}, not {variant.hardware}"
    if not (folder / str(keys.get("app_file", ""))).is_file():
        yield f"app_file names {keys.get('app_file')}, which is not there"


def _requirements(folder: Path, variant: Variant) -> Iterator[str]:
    place = folder / REQUIREMENTS
    if not place.exists():
        yield f"{REQUIREMENTS} is missing"
        return
    lines = place.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text and not text.startswith("#") and not re.fullmatch(PIN, text) and not re.fullmatch(INDEX, text):
            yield f"line {number} of {REQUIREMENTS} pins no exact version ({text[:60]})"
    for name, versions in variant.packages:
        if not any(re.fullmatch(f"{name}=={versions}", line.strip()) for line in lines):
            yield f"{REQUIREMENTS} pins no version of {name} that this hardware takes"


def _docker(folder: Path, variant: Variant) -> Iterator[str]:
    if variant.sdk != "docker":
        return
    place = folder / "Dockerfile"
    if not place.exists():
        yield "Dockerfile is missing"
        return
    text = place.read_text(encoding="utf-8")
    if not re.search(r"--uid 1000\b", text) or not re.search(r"^USER user$", text, re.MULTILINE):
        yield "the Dockerfile does not run as user 1000"
    if f"EXPOSE {PORT}" not in text or header(folder).get("app_port") != PORT:
        yield f"Dockerfile and header must both name port {PORT}"


def _sizes(folder: Path) -> Iterator[str]:
    sizes = dict(files(folder))
    yield from (f"{path} has {size / 1e6:.0f} MB" for path, size in sizes.items() if size > FILE_BYTES)
    if sum(sizes.values()) > SPACE_BYTES:
        yield f"the folder has {sum(sizes.values()) / 1e9:.1f} GB, and a Space may have 1"


def _secrets(folder: Path) -> Iterator[str]:
    for path, _ in files(folder):
        if SECRET_FILES.search(path):
            yield f"{path} looks like a secret"
        elif path.endswith(TEXTS) and SECRETS.search((folder / path).read_bytes()):
            yield f"{path} holds something that looks like a token or a key"
