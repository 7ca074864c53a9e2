"""Less work for the visitor's browser and line: a packed page, and three places of Gradio's script in a faster form; one place mended.

What costs most of these grows with components × events. Gradio 6 is made for pages of tens of components; this one has two thousand, and some five hundred events. There

- for every component it went through the targets of every event to find its own (twice while the page opens: 1.5 s of its 3.4 on two
  cores, most of it in the proxies that Svelte puts around such lists); now they are gone through once;
- for every value that it reads or sets it searched the tree of all components, from the top; now it remembers where a component
  was, and looks whether it is still there;
- at each step of each event (asked, answering, answered) it told the state of loading to every component that has ever been input or
  output of any event. Almost all events here show no progress (`show_progress="hidden"`): for those there is nothing to tell, nor
  twice that an answer has come.

Mended is how the steps of an answer follow each other. A step is sent as what has changed since the one before, and Gradio's script changes
that one, even where the page has not come to show it yet: when a browser is busy while two steps come, what only the first one set is lost
(*Stop* stayed grey while a text was written). Here it changes a copy.

`routes()` answers in the place of the files in which these stand. An `Edit` says what is replaced, letter by letter; where the installed
Gradio has other letters its own file is served, and the page works as Gradio's does. A test holds the edits against the pinned one.

`Packed` sends the page itself, 2.4 MB of text, in a tenth of that; Gradio packs only what has a file's name.
"""

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import gradio
from gradio.brotli_middleware import BrotliMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

LOG = logging.getLogger(__name__)
PAGES = ("/", "/config", "/gradio_api/info")
ASSETS = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"


@dataclass(frozen=True)
class Edit:
    """file: as a pattern; Gradio writes a hash into its names. old: stands there once."""

    file: str
    old: str
    new: str


ATTACHED = Edit(
    "core-*.js",
    "find_attached_events(e,t){let n=t.filter(t=>t.targets.find(([t])=>t===e.id)).map(t=>{let n=t.targets.find(([t])=>t===e.id);"
    "return n?n[1]:null}).filter(Boolean);return e.props.shared_props.attached_events=n,e}",
    """find_attached_events(e,t){
  if (this.attached?.of !== t || this.attached.count !== t.length) {
    const events = new Map();
    for (const {targets} of t) {
      const seen = new Set();
      for (const [id, event] of targets) {
        if (event && !seen.has(id)) events.set(id, [...(events.get(id) || []), event]);
        seen.add(id);
      }
    }
    this.attached = {of: t, count: t.length, events};
  }
  e.props.shared_props.attached_events = [...(this.attached.events.get(e.id) || [])];
  return e;
}""",
)
SEARCH = Edit(
    "core-*.js",
    "function Z(e,t){if(e.id===t)return e;if(e.children)for(let n of e.children){let e=Z(n,t);if(e)return e}return null}",
    """function Z(e,t){
  if (t === null) return null;
  const found = Z.paths?.get(e)?.get(t)?.reduce((node, index) => node?.children?.[index], e);
  if (found?.id === t) return found;
  const paths = new Map();
  const walk = (node, path) => {
    if (!paths.has(node.id)) paths.set(node.id, path);
    node.children?.forEach((child, index) => walk(child, [...path, index]));
  };
  walk(e, []);
  (Z.paths ||= new WeakMap()).set(e, paths);
  return paths.get(t)?.reduce((node, index) => node.children[index], e) || null;
}""",
)
TELL = Edit(
    "statustracker-*.js",
    "update(e){for(let[t,n]of Object.entries(this.current))n.fn_index!==e.fn_index&&",
    """update(e){
  for (const [id, now] of Object.entries(this.current)) if (now.status === 'complete') delete this.current[id];
  if (this.show_progress[e.fn_index] === 'hidden') return;
  for(let[t,n]of Object.entries(this.current))n.fn_index!==e.fn_index&&""",
)
STEPS = Edit(
    "index-*.js",
    "e[t]?n.data.forEach((r,i)=>{let a=Et(i<e[t].length?e[t][i]:null,r);",
    "e[t]?n.data.forEach((r,i)=>{let a=Et(i<e[t].length?(r.length?structuredClone(e[t][i]):e[t][i]):null,r);",
)
EDITS = (ATTACHED, SEARCH, TELL, STEPS)


def edited(assets: Path = ASSETS) -> dict[str, str]:
    """Name and new text of every file that some edit fits."""
    texts: dict[str, str] = {}
    for edit in EDITS:
        for path in sorted(assets.glob(edit.file)):
            text = texts.get(path.name) or path.read_text(encoding="utf-8")
            if text.count(edit.old) == 1:
                texts[path.name] = text.replace(edit.old, edit.new)
                break
        else:
            LOG.info("no file of this Gradio has the text that a faster one would stand for: %s", edit.file)
    return texts


def routes() -> list[Route]:
    """To be asked before Gradio's own."""
    return [Route(f"/assets/{name}", _answer(text)) for name, text in edited().items()]


def _answer(text: str):
    """The hash in the file's name is of Gradio's text: a browser asks each time whether this one is still the same."""
    known = {"etag": f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"', "cache-control": "no-cache"}

    async def answer(request: Request) -> Response:
        if request.headers.get("if-none-match", "").removeprefix("W/") == known["etag"]:
            return Response(status_code=304, headers=known)
        return Response(text, media_type="text/javascript", headers=known)

    return answer


class Packed(BrotliMiddleware):
    """ASGI middleware: the page and its configuration, which have no file's name, packed like Gradio's files."""

    def _is_compressible_file_type(self, scope: Scope) -> bool:
        return scope["path"] in PAGES
