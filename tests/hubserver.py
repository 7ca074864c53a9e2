"""A Hub on the loopback interface, for tests: real huggingface_hub, transformers and datasets code talks to it.

    with HubServer(folder) as hub:                    # serves folder/{models,datasets}/<owner>/<name>/**
        hub.fault("acme/model", Fault(status=429))    # from now on, everything about this repository is refused
        monkeypatch.setenv("HF_ENDPOINT", hub.url)

It knows the routes that downloading, streaming and publishing use: repository metadata, file trees, resolving with ranges,
creating and deleting a repository, preupload, LFS and commits. `requests` lists what was asked for, with the tokens.
"""

import base64
import hashlib
import json
import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "a" * 40
CONVERTED = "b" * 40  # the commit of a repository's pull request
PULL = "refs/pr/1"
PARQUET = "refs/convert/parquet"
LFS_ENDINGS = (".safetensors", ".parquet", ".bin")


@dataclass
class Fault:
    """What goes wrong. `status` answers with it (and `code` as the Hub's X-Error-Code); `cut` sends half of a file's body and closes, and of what
    is posted does nothing and closes; `lost` does what is posted and closes without an answer; `silent` waits that many seconds (or until the
    server closes) before answering; `body` is what it answers with instead, `location` where it sends who asks; `change` is what is made of a
    file's bytes; `times` is how often; `before` is called each time, first."""

    status: int = 0
    code: str = ""
    cut: bool = False
    lost: bool = False
    silent: float = 0.0
    times: int = 10**9
    path: str | tuple[str, ...] = ""  # only requests whose path contains this, or one of these
    body: bytes | None = None
    location: str = ""
    change: Callable[[bytes], bytes] | None = None
    before: Callable[[], None] | None = None

    def meets(self, path: str) -> bool:
        return self.times > 0 and any(part in path for part in ((self.path,) if isinstance(self.path, str) else self.path))


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    token: str


class HubServer:
    """`private` repositories need `token`; `gated` ones are refused to everybody. stages: what a Space goes through, one each time it is
    asked for, the last one stays; settings: variables and secrets of Spaces; log: of each of them."""

    def __init__(self, root: Path, token: str = "hf_right"):
        self.root, self.token = Path(root), token
        self.requests: list[Seen] = []
        self.faults: dict[str, Fault] = {}
        self.private: set[str] = set()
        self.made: dict[str, dict] = {}  # what was asked for when it was
        self.commits: dict[str, list[dict]] = {}  # of repositories that were made here, the newest first
        self.gated: set[str] = set()
        self.pulls: dict[str, dict] = {}
        self.conversions: set[str] = set()
        self.stages = ["BUILDING", "APP_STARTING", "RUNNING"]
        self.settings: dict[tuple[str, str], dict[str, str]] = {}
        self.log = ["Building", "Done"]
        self.closing = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> "HubServer":
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def fault(self, repo: str, fault: Fault) -> None:
        self.faults[repo] = fault

    def folder(self, repo: str, kind: str = "models") -> Path:
        return self.root / kind / repo

    def conversion(self, repo: str) -> Path:
        """The folder of what the Hub converted a data set to."""
        self.conversions.add(repo)
        return self.root / "conversions" / repo

    def branch(self, repo: str, kind: str, revision: str | None) -> Path | None:
        """The files of a commit beside the main branch; None where there is no such one."""
        if kind == "models":
            return self.root / "pulls" / repo if revision in (PULL, CONVERTED) and repo in self.pulls else None
        return self.conversion(repo) if revision in (PARQUET, CONVERTED) and repo in self.conversions else None

    def pull(self, repo: str, author: str = "SFconvertbot", title: str = "Adding `safetensors` variant of this model") -> Path:
        """Open a pull request on a repository; the folder of its files."""
        self.pulls[repo] = {"num": 1, "title": title, "status": "open", "isPullRequest": True, "author": {"name": author}}
        return self.root / "pulls" / repo


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: HubServer

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *_) -> None:
        pass

    def _answer(self) -> None:
        url = urlsplit(self.path)
        self.path_only, self.query, self.body = unquote(url.path), parse_qs(url.query), self._read_body()
        self.lost = False
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.hub.requests.append(Seen(self.command, self.path, token))
        for pattern, handle in ROUTES:
            match = re.fullmatch(pattern, self.path_only)
            if match:
                parts = match.groupdict()
                if "repo" in parts and self._refused(parts["repo"], token):
                    return None
                return handle(self, **parts)
        return self._error(404, "RepoNotFound")

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _refused(self, repo: str, token: str) -> bool:
        """Apply the repository's fault and its rights; True when an answer has gone out."""
        fault = self.hub.faults.get(repo)
        if fault and fault.meets(self.path_only):
            if fault.before:
                fault.before()
            if self.command in ("POST", "DELETE") and (fault.cut or fault.lost):
                fault.times -= 1
                self.close_connection = self.lost = True
                return fault.cut
            if fault.silent:
                fault.times -= 1
                self.hub.closing.wait(fault.silent)
            if fault.location or fault.body is not None:
                fault.times -= 1
                where = {"Location": fault.location} if fault.location else {}
                self._send(fault.status or (302 if where else 200), fault.body or b"", {"Content-Type": "text/html", **where})
                return True
            if fault.status:
                fault.times -= 1
                self._error(fault.status, fault.code)
                return True
        if repo in self.hub.gated:
            self._error(403, "GatedRepo")
            return True
        if token and token != self.hub.token:
            self._error(401, "", "Invalid credentials in Authorization header")
            return True
        if repo in self.hub.private and not token:
            self._error(401, "RepoNotFound")
            return True
        return False

    # ---- answers ----------------------------------------------------------------------------------------------------

    def _send(self, status: int, body: bytes, headers: dict | None = None, length: int | None = None) -> None:
        if self.lost:
            return
        self.send_response(status)
        for name, value in {
            "Content-Length": str(len(body) if length is None else length),
            "X-Repo-Commit": CONVERTED if f"/{CONVERTED}/" in self.path else COMMIT,
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _json(self, value, content_type: str = "application/json") -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": content_type})

    def _error(self, status: int, code: str, message: str = "") -> None:
        self._send(status, json.dumps({"error": message or code}).encode(), {"X-Error-Code": code, "X-Error-Message": message or code})

    def _repo(self, kind: str, repo: str, revision: str | None = None) -> Path | None:
        folder = self.hub.branch(repo, kind, revision) or self.hub.folder(repo, kind)
        if folder.is_dir():
            return folder
        self._error(404, "RepoNotFound")
        return None

    # ---- reading ----------------------------------------------------------------------------------------------------

    def info(self, kind: str, repo: str, revision: str | None = None) -> None:
        if (folder := self._repo(kind, repo, revision)) is None:
            return
        beside = self.hub.branch(repo, kind, revision)
        if revision not in (None, "main", COMMIT) and not beside:
            self._error(404, "RevisionNotFound")
            return
        files = [{"rfilename": entry["path"]} for entry in _entries(folder) if entry["type"] == "file"]
        if kind == "spaces":
            self._json({"_id": "0", "id": repo, "sha": COMMIT, "private": repo in self.hub.private, "tags": [], "siblings": files})
            return
        facts = {
            "_id": "0",
            "id": repo,
            "modelId": repo,
            "sha": CONVERTED if beside else COMMIT,
            "private": repo in self.hub.private,
            "gated": False,
        }
        self._json(facts | {"tags": [], "downloads": 0, "likes": 0, "siblings": files})

    def discussions(self, kind: str, repo: str) -> None:
        asked = self.hub.pulls.get(repo)
        found = [asked | {"createdAt": "2026-01-01T00:00:00.000Z", "repo": {"name": repo, "type": "model"}}] if asked else []
        self._json({"discussions": found, "count": len(found), "start": 0})

    def tree(self, kind: str, repo: str, revision: str, under: str | None = None) -> None:
        if (folder := self._repo(kind, repo, revision)) is None:
            return
        base = (under or "").strip("/")
        entries = [entry for entry in _entries(folder) if not base or entry["path"].startswith(base + "/")]
        if self.query.get("recursive", ["false"])[0].lower() != "true":
            depth = base.count("/") + 1 if base else 0
            entries = [entry for entry in entries if entry["path"].count("/") == depth]
        if base and not entries:
            self._error(404, "EntryNotFound")
        else:
            self._json(entries)

    def paths_info(self, kind: str, repo: str, revision: str) -> None:
        if (folder := self._repo(kind, repo, revision)) is None:
            return
        wanted = json.loads(self.body)["paths"] if self.body[:1] == b"{" else parse_qs(self.body.decode()).get("paths", [])
        self._json([entry for entry in _entries(folder) if entry["path"] in wanted])

    def file(self, repo: str, revision: str, path: str, kind: str | None = None) -> None:
        if (folder := self._repo(kind or "models", repo, revision)) is None:
            return
        place = folder / path
        if not place.is_file():
            self._error(404, "EntryNotFound")
            return
        data, changed = place.read_bytes(), self.hub.faults.get(repo)
        if changed and changed.change and changed.meets(path):
            data = changed.change(data)
        headers = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if wanted:
            first, last = int(wanted[1]), min(int(wanted[2] or len(data) - 1), len(data) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            data = data[first : last + 1]
        fault = self.hub.faults.get(repo)
        if fault and fault.cut and fault.meets(path) and self.command == "GET":
            fault.times -= 1
            self._send(206 if wanted else 200, data[: len(data) // 2], headers, length=len(data))
            self.close_connection = True
        else:
            self._send(206 if wanted else 200, data, headers)

    # ---- publishing -------------------------------------------------------------------------------------------------

    def whoami(self) -> None:
        token = {"displayName": "test", "role": "write"}
        self._json({"type": "user", "name": "acme", "fullname": "A", "orgs": [], "auth": {"type": "access_token", "accessToken": token}})

    def create(self) -> None:
        wanted = json.loads(self.body)
        repo = f"{wanted.get('organization') or 'acme'}/{wanted['name'].rpartition('/')[2]}"
        if self._refused(repo, (self.headers.get("Authorization") or "").removeprefix("Bearer ")):
            return
        folder = self.hub.folder(repo, wanted.get("type", "model") + "s")
        if folder.exists():
            self._send(409, json.dumps({"error": "You already created this repo", "url": f"{self.hub.url}/{repo}"}).encode())
            return
        folder.mkdir(parents=True)
        self.hub.made[repo] = wanted
        self.hub.commits[repo] = [_commit("initial commit")]
        if wanted.get("private") or wanted.get("visibility") == "private":
            self.hub.private.add(repo)
        self._json({"url": f"{self.hub.url}/{repo}", "id": repo})

    def delete(self) -> None:
        wanted = json.loads(self.body)
        repo = f"{wanted.get('organization') or 'acme'}/{wanted['name'].rpartition('/')[2]}"
        if self._refused(repo, (self.headers.get("Authorization") or "").removeprefix("Bearer ")):
            return
        folder = self.hub.folder(repo, wanted.get("type", "model") + "s")
        if not folder.exists():
            self._error(404, "RepoNotFound")
            return
        shutil.rmtree(folder)
        self.hub.private.discard(repo)
        self._json({})

    def validate(self) -> None:
        self._json({"errors": [], "warnings": []})

    def preupload(self, kind: str, repo: str) -> None:
        modes = {True: "lfs", False: "regular"}
        files = [file["path"] for file in json.loads(self.body)["files"]]
        self._json({"files": [{"path": path, "uploadMode": modes[path.endswith(LFS_ENDINGS)], "shouldIgnore": False} for path in files]})

    def lfs_batch(self, repo: str) -> None:
        wanted = [{"oid": item["oid"], "size": item["size"]} for item in json.loads(self.body)["objects"]]
        objects = [item | {"actions": {"upload": {"href": f"{self.hub.url}/_lfs/{item['oid']}"}}} for item in wanted]
        self._json({"transfer": "basic", "objects": objects}, "application/vnd.git-lfs+json")

    def lfs_put(self, oid: str) -> None:
        place = self.hub.root / "_lfs" / oid
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(self.body)
        self._send(200, b"")

    def runtime(self, kind: str, repo: str) -> None:
        if self._repo(kind, repo) is not None:
            stage = self.hub.stages.pop(0) if len(self.hub.stages) > 1 else self.hub.stages[0]
            self._json({"stage": stage, "hardware": {"current": "cpu-basic", "requested": "cpu-basic"}, "storage": None, "gcTimeout": 1})

    def setting(self, kind: str, repo: str, what: str) -> None:
        told = json.loads(self.body)
        known = self.hub.settings.setdefault((repo, what), {})
        known[told["key"]] = told["value"]
        self._json({name: {"key": name, "value": value} for name, value in known.items()})

    def logs(self, kind: str, repo: str, which: str) -> None:
        lines = [f"data: {json.dumps({'data': line, 'timestamp': '2026-01-01T00:00:00Z'})}\n\n" for line in self.hub.log]
        self._send(200, "".join(lines).encode(), {"Content-Type": "text/event-stream"})

    def commits(self, kind: str, repo: str) -> None:
        if self._repo(kind, repo) is not None:
            self._json(self.hub.commits.get(repo, []))

    def commit(self, kind: str, repo: str) -> None:
        if (folder := self._repo(kind, repo)) is None:
            return
        for line in self.body.splitlines():
            step = json.loads(line)
            if step["key"] == "header":
                self.hub.commits.setdefault(repo, []).insert(0, _commit(step["value"]["summary"], step["value"]["description"]))
            if step["key"] == "deletedFile":
                (folder / step["value"]["path"]).unlink(missing_ok=True)
            if step["key"] not in ("file", "lfsFile"):
                continue
            place = folder / step["value"]["path"]
            place.parent.mkdir(parents=True, exist_ok=True)
            if step["key"] == "file":
                place.write_bytes(base64.b64decode(step["value"]["content"]))
            else:
                place.write_bytes((self.hub.root / "_lfs" / step["value"]["oid"]).read_bytes())
        self._json({"commitUrl": f"{self.hub.url}/{repo}/commit/{COMMIT}", "commitOid": COMMIT, "success": True})


def _commit(title: str, message: str = "") -> dict:
    return {"id": COMMIT, "title": title, "message": message, "authors": [{"user": "acme"}], "date": "2026-01-01T00:00:00.000Z"}


def _entries(folder: Path) -> list[dict]:
    """Files and folders of a repository as the Hub's tree lists them."""
    entries = []
    for place in sorted(folder.rglob("*")):
        path = place.relative_to(folder).as_posix()
        if place.is_dir():
            entries.append({"type": "directory", "path": path, "oid": "0" * 40, "size": 0})
            continue
        data = place.read_bytes()
        entry = {"type": "file", "path": path, "oid": hashlib.sha1(data, usedforsecurity=False).hexdigest(), "size": len(data)}
        if path.endswith(LFS_ENDINGS):
            entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
        entries.append(entry)
    return entries


_API = r"/api/(?P<kind>models|datasets|spaces)/(?P<repo>[^/]+/[^/]+)"
ROUTES: tuple[tuple[str, Callable], ...] = (
    (r"/api/whoami-v2", _Handler.whoami),
    (r"/api/repos/create", _Handler.create),
    (r"/api/repos/delete", _Handler.delete),
    (r"/api/validate-yaml", _Handler.validate),
    (_API, _Handler.info),
    (_API + r"/revision/(?P<revision>refs/pr/1|refs/convert/parquet|[^/]+)", _Handler.info),
    (_API + r"/discussions", _Handler.discussions),
    (_API + r"/tree/(?P<revision>[^/]+)(?P<under>/.*)?", _Handler.tree),
    (_API + r"/paths-info/(?P<revision>[^/]+)", _Handler.paths_info),
    (_API + r"/preupload/[^/]+", _Handler.preupload),
    (_API + r"/commit/[^/]+", _Handler.commit),
    (_API + r"/commits/[^/]+", _Handler.commits),
    (_API + r"/runtime", _Handler.runtime),
    (_API + r"/(?P<what>variables|secrets)", _Handler.setting),
    (_API + r"/logs/(?P<which>build|run)", _Handler.logs),
    (r"(?:/(?P<kind>datasets|spaces))?/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)", _Handler.file),
    (r"(?:/(?:datasets|spaces))?/(?P<repo>[^/]+/[^/]+)\.git/info/lfs/objects/batch", _Handler.lfs_batch),
    (r"/_lfs/(?P<oid>[0-9a-f]{64})", _Handler.lfs_put),
)
