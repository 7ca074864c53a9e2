"""Write docs/api.md from the page itself: every public endpoint, its parameters, what it returns, an example of docs/endpoints/.

make docs
"""

import re
import tempfile
from pathlib import Path

from genhub.augment.tables.table import ResampleConfig
from genhub.lab import Lab
from genhub.options import Config
from genhub.settings import get
from genhub.training.configs import (
    AdaptConfig,
    ClassifyConfig,
    GenerateConfig,
    MeasureImagesConfig,
    MeasureTablesConfig,
    MeasureTextsConfig,
    ScratchConfig,
    TranslateConfig,
    TuneConfig,
)
from genhub.ui.app import build

TARGET = Path(__file__).parent / "api.md"
EXAMPLES = Path(__file__).parent / "endpoints"
HEAD = EXAMPLES / "head.py"
OPTIONS = {  # endpoints take them as a dictionary
    "Options of training a classifier (task classify)": ClassifyConfig,
    "Options of writing": GenerateConfig,
    "Options of adapting a language model (task generate)": AdaptConfig,
    "Options of translating": TranslateConfig,
    "Options of adapting a translation model (task translate)": TuneConfig,
    "Options of training from scratch (task scratch)": ScratchConfig,
    "Options of evening out a table": ResampleConfig,
    "Options of measuring on a table (task measure-tables)": MeasureTablesConfig,
    "Options of measuring on texts (task measure-texts)": MeasureTextsConfig,
    "Options of measuring on images (task measure-images)": MeasureImagesConfig,
}
INTRO = """# The endpoints

For scripts, through `gradio_client` (`pip install gradio_client`). A script is a visitor like any other: it asks for a token
and passes it along; only with it are its tables and runs found again. In the local profile everybody is one owner.

```python
{head}
```

Every endpoint has an example. They share this session and go on from each other: `table` is that of `/read_sample`, `run` that of `/train`. What stands
behind a `print` is what it prints. They read files of the repository, from whose root they run; ids that begin with `example-` are finished runs that
come with GenHub.

Errors come as one sentence: what is wrong, the limit, what to do. This page is made from the code by `make docs`.
"""


def render() -> str:
    """The page's text; building the app starts nothing."""
    with tempfile.TemporaryDirectory() as home:
        page = build(Lab(get({"GENHUB_HOME": home})))
        info = page.get_api_info()
    known = examples()
    if known.keys() != info["named_endpoints"].keys():
        raise ValueError(f"without an example, or no endpoint: {sorted(known.keys() ^ info['named_endpoints'].keys())}")
    parts = [INTRO.replace("{head}", _code(HEAD))]
    for name, endpoint in info["named_endpoints"].items():
        parts.append(f"## `{name}`\n\n{endpoint.get('description') or ''}\n")
        parts.append(_parameters(endpoint["parameters"]))
        parts.append("Returns: " + ", ".join(_type(item) for item in endpoint["returns"]) + ".\n")
        parts.append(f"```python\n{known[name]}\n```\n")
    return "\n".join(part for part in [*parts, _options()] if part)


def examples() -> dict[str, str]:
    """Code by endpoint: what stands under “# /name” in the files of docs/endpoints. Raises ValueError where a name stands twice."""
    found: dict[str, str] = {}
    for path in sorted(EXAMPLES.glob("*.py")):
        _, *parts = re.split(r"^# (/\w+)$", _code(path), flags=re.MULTILINE)
        for name, code in zip(parts[::2], parts[1::2], strict=True):
            if name in found:
                raise ValueError(f"{name} has two examples")
            found[name] = code.strip()
    return found


def _code(path: Path) -> str:
    """A file without what it says of itself."""
    return path.read_text(encoding="utf-8").split('"""\n', 1)[1].strip()


def _parameters(items: list[dict]) -> str:
    if not items:
        return ""
    rows = ["| Parameter | Type | Default |", "|---|---|---|"]
    for item in items:
        default = f"`{item['parameter_default']!r}`" if item.get("parameter_has_default") else ""
        rows.append(f"| `{item['parameter_name']}` | {_type(item)} | {default} |")
    return "\n".join(rows) + "\n"


def _type(item: dict) -> str:
    kind = item["python_type"]["type"]
    return "file (a path; `handle_file` on the way in)" if item.get("component") == "File" else kind.replace("|", "or")


def _options() -> str:
    """The fields of all configurations, which endpoints take as a dictionary."""
    return "\n".join(_table(title, config) for title, config in OPTIONS.items())


def _table(title: str, config: type[Config]) -> str:
    rows = [f"## {title}", "", "| Option | Default | Limit | What it does |", "|---|---|---|---|"]
    for option in config.options():
        default = "chosen for you" if option.default is None else f"`{option.default!r}`"
        rows.append(f"| `{option.name}` | {default} | {option.bounds()} | {option.help} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
