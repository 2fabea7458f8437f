"""A Hub on this machine: the endpoints that `huggingface_hub` uses, over HTTP, with faults on demand.

Repositories are kept in memory as commits of files, addressed by content like the real ones: git blob ids for small
files, SHA-256 (large file storage) for the others. A test reads `hub.repos` and `hub.requests`, and adds faults:

    with LoopbackHub(tokens={"hf_ada": "ada"}) as hub:
        hub.fault("POST", "/commit/", status=500)                        # the first matching request gets a 500
        hub.fault("GET", "model.safetensors", cut=True)                  # its answer ends in the middle
        hub.fault("POST", "/commit/", lose_answer=True)                  # it is done, but the answer never arrives

Run as a script it serves until interrupted: `python tests/loopback_hub.py`, then `HF_ENDPOINT=… hf-ablate push …`.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


TOKEN = "hf_LoopbackTokenThatNobodyMaySee00000"
LARGE = (".safetensors", ".arrow", ".parquet", ".gz", ".png", ".pdf")
LICENSES = ["apache-2.0", "mit", "odc-by"]
DATE = "2026-01-01T00:00:00.000Z"


@dataclass
class Repo:
    """A repository: its commits (each all files), and the branches and tags that name them."""

    type: str
    id: str
    private: bool
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def resolve(self, revision: str) -> str | None:
        return (
            self.branches.get(revision) or self.tags.get(revision) or (revision if revision in self.commits else None)
        )

    def commit(self, branch: str, files: dict[str, bytes]) -> str:
        described = json.dumps([self.id, len(self.commits), {path: sha256(data) for path, data in files.items()}])
        sha = hashlib.sha1(described.encode()).hexdigest()
        self.commits[sha], self.branches[branch] = files, sha
        return sha

    @property
    def files(self) -> dict[str, bytes]:
        """What is on main."""
        return self.commits[self.branches["main"]]


@dataclass
class Fault:
    """What goes wrong, `times` times, with requests whose path matches the pattern."""

    method: str
    pattern: str
    times: int
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    corrupt: bool = False
    lose_answer: bool = False


@dataclass
class Answer:
    """What a request is answered with."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class LoopbackHub:
    """The server with its state; a context manager.

    Args:
        tokens (`dict[str, str]`): token → user; any other token is refused as expired.
        organizations (`dict[str, list[str]]`, *optional*): user → organizations that they may write to.
    """

    def __init__(self, tokens: dict[str, str], organizations: dict[str, list[str]] | None = None) -> None:
        self.tokens, self.organizations = tokens, organizations or {}
        self.repos: dict[tuple[str, str], Repo] = {}
        self.blobs: dict[str, bytes] = {}
        self.collections: dict[str, dict] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str, int]] = []
        self.lock = threading.RLock()
        hub = self

        class Handler(_Handler):
            state = hub

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> "LoopbackHub":
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()

    def fault(self, method: str, pattern: str, times: int = 1, **what) -> None:
        self.faults.append(Fault(method, pattern, times, **what))

    def model(self, repo_id: str) -> dict[str, bytes]:
        return self.repos["model", repo_id].files

    def dataset(self, repo_id: str) -> dict[str, bytes]:
        return self.repos["dataset", repo_id].files

    def uploads(self) -> list[tuple[str, str, int]]:
        """The requests since the last `requests.clear()` that changed something."""
        return [
            entry
            for entry in self.requests
            if entry[0] == "PUT" or re.search("/commit/|/create|/tag/|/items", entry[1])
        ]

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times and fault.method == method and re.search(fault.pattern, path):
                    fault.times -= 1
                    return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    state: LoopbackHub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_) -> None:
        pass

    def _serve(self) -> None:
        fault = self.state.take_fault(self.command, self.path)
        length = int(self.headers.get("Content-Length", 0))
        if fault and fault.cut and self.command in ("PUT", "POST"):
            self.rfile.read(length // 2)
            self.close_connection = True
            return
        body = self._read_body(length)
        if fault and fault.corrupt and self.command == "PUT":
            body = flip(body)
        if fault and fault.status:
            answer = Answer(fault.status, b'{"error": "on demand"}', fault.headers)
        else:
            with self.state.lock:
                answer = self._answer(body)
        self.state.requests.append((self.command, self.path, answer.status))
        if fault and fault.lose_answer:
            self.close_connection = True
            return
        if fault and fault.corrupt and self.command == "GET":
            answer.body = flip(answer.body)
        self._send(answer, cut=bool(fault and fault.cut))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _read_body(self, length: int) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(length)
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, answer: Answer, cut: bool) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if cut:
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(answer.body)

    def _answer(self, body: bytes) -> Answer:
        parts = urlsplit(self.path)
        path, query = parts.path, parse_qs(parts.query)
        if path.startswith("/lfs/"):  # signed addresses in reality: no token is sent there
            return self._receive(path.removeprefix("/lfs/"), body)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token and token not in self.state.tokens:
            return refusal(401, "", "Invalid credentials in Authorization header")
        user = self.state.tokens.get(token)
        for method, pattern, action in _ROUTES:
            match = re.fullmatch(pattern, path)
            if match and self.command in method.split("|"):
                return action(self, user, query, body, *map(unquote, match.groups()))
        return refusal(404, "", f"no such endpoint: {self.command} {path}")

    def _receive(self, sha: str, body: bytes) -> Answer:
        if sha256(body) != sha:
            return refusal(400, "", "the content does not have the announced SHA-256")
        self.state.blobs[sha] = body
        return Answer()

    def _may_write(self, user: str | None, namespace: str) -> bool:
        return user is not None and (user == namespace or namespace in self.state.organizations.get(user, []))

    def _repo(self, user: str | None, kind: str, repo_id: str) -> Repo | None:
        """The repository, if it exists and this user may see it."""
        repo = self.state.repos.get((kind, repo_id))
        hidden = repo and repo.private and not self._may_write(user, repo_id.split("/")[0])
        return None if hidden else repo

    def whoami(self, user, query, body) -> Answer:
        if user is None:
            return refusal(401, "", "Invalid username or password.")
        orgs = [{"name": name, "roleInOrg": "write"} for name in self.state.organizations.get(user, [])]
        return js({"type": "user", "name": user, "orgs": orgs, "auth": {"accessToken": {"role": "write"}}})

    def create_repo(self, user, query, body) -> Answer:
        given = json.loads(body)
        kind, repo_id = given.get("type") or "model", f"{given.get('organization') or user}/{given['name']}"
        if not self._may_write(user, repo_id.split("/")[0]):
            return refusal(403, "", f"You don't have the rights to create a {kind} under this namespace")
        made = {"url": f"{self.state.endpoint}/{prefix(kind)}{repo_id}", "name": repo_id, "id": repo_id}
        if (kind, repo_id) in self.state.repos:
            return js({"error": "You already created this repository", **made}, 409)
        repo = Repo(kind, repo_id, given.get("visibility") == "private" or bool(given.get("private")))
        repo.commit("main", {".gitattributes": b"*.safetensors filter=lfs\n"})
        self.state.repos[kind, repo_id] = repo
        return js(made)

    def validate_yaml(self, user, query, body) -> Answer:
        import yaml

        content = json.loads(body)["content"]
        header = yaml.safe_load(content.split("---\n")[1]) if content.startswith("---\n") else None
        if not isinstance(header, dict):
            return js({"errors": [{"message": "no metadata"}], "warnings": []}, 400)
        if header.get("license", "mit") not in LICENSES:
            return js({"errors": [{"message": f"license must be one of {LICENSES}"}], "warnings": []}, 400)
        return js({"errors": [], "warnings": []})

    def info(self, user, query, body, kind, repo_id, revision="main") -> Answer:
        repo = self._repo(user, kind, repo_id)
        sha = repo and repo.resolve(revision)
        if not sha:
            return _missing(repo)
        siblings = [{"rfilename": path} for path in sorted(repo.commits[sha])]
        facts = {"_id": "1", "id": repo_id, "modelId": repo_id, "sha": sha, "private": repo.private, "tags": []}
        return js({**facts, "siblings": siblings, "downloads": 0, "likes": 0, "lastModified": DATE})

    def tree(self, user, query, body, kind, repo_id, revision, folder="") -> Answer:
        repo = self._repo(user, kind, repo_id)
        sha = repo and repo.resolve(revision)
        if not sha:
            return _missing(repo)
        files, inside = repo.commits[sha], folder and folder.rstrip("/") + "/"
        found = {path: data for path, data in files.items() if path.startswith(inside)}
        if folder and not found:
            return refusal(404, "EntryNotFound", "no such folder")
        entries = [entry(path, data) for path, data in found.items()]
        if query.get("recursive", ["false"])[0].lower() != "true":
            folders = {inside + path[len(inside) :].split("/")[0] for path in found if "/" in path[len(inside) :]}
            entries = [item for item in entries if "/" not in item["path"][len(inside) :]]
            entries += [{"type": "directory", "path": path, "oid": "0" * 40, "size": 0} for path in sorted(folders)]
        return js(entries)

    def paths_info(self, user, query, body, kind, repo_id, revision) -> Answer:
        repo = self._repo(user, kind, repo_id)
        sha = repo and repo.resolve(revision)
        if not sha:
            return _missing(repo)
        is_json = "json" in self.headers.get("Content-Type", "")
        wanted = json.loads(body)["paths"] if is_json else parse_qs(body.decode()).get("paths", [])
        files = repo.commits[sha]
        found = [entry(path, files[path]) for path in wanted if path in files]
        folders = [path for path in wanted if any(name.startswith(path.rstrip("/") + "/") for name in files)]
        return js(found + [{"type": "directory", "path": path, "oid": "0" * 40, "size": 0} for path in folders])

    def preupload(self, user, query, body, kind, repo_id, revision) -> Answer:
        repo = self._repo(user, kind, repo_id)
        if not repo or not repo.resolve(revision):
            return _missing(repo)
        if not self._may_write(user, repo_id.split("/")[0]):
            return refusal(403, "", "You don't have write access to this repository")
        files, answers = repo.commits[repo.resolve(revision)], []
        for wanted in json.loads(body)["files"]:
            path = wanted["path"]
            oid = content_id(path, files[path]) if path in files else None
            mode = "lfs" if path.endswith(LARGE) else "regular"
            answers.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        return js({"files": answers})

    def lfs_batch(self, user, query, body, repo_id) -> Answer:
        objects = []
        for wanted in json.loads(body)["objects"]:
            if wanted["oid"] not in self.state.blobs:
                wanted["actions"] = {"upload": {"href": f"{self.state.endpoint}/lfs/{wanted['oid']}"}}
            objects.append(wanted)
        return js({"transfer": "basic", "objects": objects})

    def commit(self, user, query, body, kind, repo_id, branch) -> Answer:
        repo = self._repo(user, kind, repo_id)
        if not repo or branch not in repo.branches:
            return _missing(repo)
        if not self._may_write(user, repo_id.split("/")[0]):
            return refusal(403, "", "You don't have write access to this repository")
        lines = [json.loads(line) for line in body.splitlines()]
        parent = lines[0]["value"].get("parentCommit")
        if parent and parent != repo.branches[branch]:
            return refusal(412, "", "A commit has happened since")
        files = dict(repo.commits[repo.branches[branch]])
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                if value["oid"] not in self.state.blobs:
                    return refusal(400, "", f"{value['path']} was not uploaded")
                files[value["path"]] = self.state.blobs[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        sha = repo.commit(branch, files)
        url = f"{self.state.endpoint}/{prefix(kind)}{repo_id}/commit/{sha}"
        return js({"success": True, "commitOid": sha, "commitUrl": url})

    def create_branch(self, user, query, body, kind, repo_id, branch) -> Answer:
        repo = self._repo(user, kind, repo_id)
        if not repo:
            return _missing(repo)
        if branch in repo.branches:
            return refusal(409, "", "Reference already exists")
        repo.branches[branch] = repo.branches["main"]
        return js({})

    def create_tag(self, user, query, body, kind, repo_id, revision) -> Answer:
        repo, tag = self._repo(user, kind, repo_id), json.loads(body)["tag"]
        if not repo or not repo.resolve(revision):
            return _missing(repo)
        if tag in repo.tags:
            return refusal(409, "", "Reference already exists")
        repo.tags[tag] = repo.resolve(revision)
        return js({})

    def settings(self, user, query, body, kind, repo_id) -> Answer:
        self.state.repos[kind, repo_id].private = json.loads(body).get("visibility") == "private"
        return js({})

    def resolve(self, user, query, body, kind, repo_id, revision, path) -> Answer:
        repo = self._repo(user, kind.removesuffix("s") or "model", repo_id)
        sha = repo and repo.resolve(revision)
        if not sha:
            return _missing(repo)
        if path not in repo.commits[sha]:
            return refusal(404, "EntryNotFound", f"{path} does not exist")
        data = repo.commits[sha][path]
        headers = {"X-Repo-Commit": sha, "ETag": f'"{content_id(path, data)}"', "Accept-Ranges": "bytes"}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return Answer(200, data, headers)
        first, last = int(wanted[1]), min(int(wanted[2] or len(data) - 1), len(data) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        return Answer(206, data[first : last + 1], headers)

    def create_collection(self, user, query, body) -> Answer:
        given = json.loads(body)
        if not self._may_write(user, given["namespace"]):
            return refusal(403, "", "You don't have the rights to create a collection under this namespace")
        number = hashlib.sha1(given["title"].encode()).hexdigest()[:24]
        slug = f"{given['namespace']}/{re.sub('[^a-z0-9]+', '-', given['title'].lower()).strip('-')}-{number}"
        if slug in self.state.collections:
            return js({"slug": slug, "error": "exists"}, 409)
        self.state.collections[slug] = {
            "slug": slug, "title": given["title"], "owner": {"name": given["namespace"]}, "items": [], "position": 0,
            "lastUpdated": DATE, "private": given["private"], "theme": "blue", "upvotes": 0,
            "description": given.get("description"),
        }  # fmt: skip
        return js(self.state.collections[slug])

    def get_collection(self, user, query, body, slug) -> Answer:
        found = self.state.collections.get(slug)
        if not found or (found["private"] and not self._may_write(user, slug.split("/")[0])):
            return refusal(404, "", "Collection not found")
        return js(found)

    def add_item(self, user, query, body, slug) -> Answer:
        item, items = json.loads(body), self.state.collections[slug]["items"]
        if any(other["id"] == item["item"]["id"] and other["type"] == item["item"]["type"] for other in items):
            return refusal(409, "", "Item already in the collection")
        note = {"text": item["note"]} if item.get("note") else None
        items.append({"_id": f"{len(items):024}", "position": len(items), "note": note, **item["item"]})
        return js(self.state.collections[slug])


_REPO = r"/api/(model|dataset|space)s/([^/]+/[^/]+)"
_ROUTES = [
    ("GET", "/api/whoami-v2", _Handler.whoami),
    ("POST", "/api/repos/create", _Handler.create_repo),
    ("POST", "/api/validate-yaml", _Handler.validate_yaml),
    ("POST", "/api/collections", _Handler.create_collection),
    ("POST", "/api/collections/(.+)/items", _Handler.add_item),
    ("GET", "/api/collections/(.+)", _Handler.get_collection),
    ("GET", f"{_REPO}", _Handler.info),
    ("GET", f"{_REPO}/revision/([^/]+)", _Handler.info),
    ("GET", f"{_REPO}/tree/([^/]+)", _Handler.tree),
    ("GET", f"{_REPO}/tree/([^/]+)/(.+)", _Handler.tree),
    ("POST", f"{_REPO}/paths-info/([^/]+)", _Handler.paths_info),
    ("POST", f"{_REPO}/preupload/([^/]+)", _Handler.preupload),
    ("POST", f"{_REPO}/commit/([^/]+)", _Handler.commit),
    ("POST", f"{_REPO}/branch/([^/]+)", _Handler.create_branch),
    ("POST", f"{_REPO}/tag/([^/]+)", _Handler.create_tag),
    ("PUT", f"{_REPO}/settings", _Handler.settings),
    ("POST", r"/(?:datasets/|spaces/)?(.+)\.git/info/lfs/objects/batch", _Handler.lfs_batch),
    ("GET|HEAD", r"/(datasets|spaces|)/?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", _Handler.resolve),
]


def _missing(repo: Repo | None) -> Answer:
    return refusal(404, "RevisionNotFound" if repo else "RepoNotFound", "not found")


def refusal(status: int, code: str, message: str) -> Answer:
    headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
    return Answer(status, json.dumps({"error": message}).encode(), headers | {"Content-Type": "application/json"})


def js(value, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def prefix(kind: str) -> str:
    return "" if kind == "model" else f"{kind}s/"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def git_blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def content_id(path: str, data: bytes) -> str:
    return sha256(data) if path.endswith(LARGE) else git_blob(data)


def entry(path: str, data: bytes) -> dict:
    facts = {"type": "file", "path": path, "size": len(data), "oid": git_blob(data)}
    return facts | (
        {"lfs": {"oid": sha256(data), "size": len(data), "pointerSize": 130}} if path.endswith(LARGE) else {}
    )


def flip(data: bytes) -> bytes:
    """The data with one bit changed in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :] if data else data


def talk_to(loopback: LoopbackHub, setattr: Callable, folder: Path) -> None:
    """Point the client, which reads its settings when imported, to this Hub, with a cache of its own."""
    from huggingface_hub import constants, hf_api

    setattr(constants, "ENDPOINT", loopback.endpoint)
    setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", loopback.endpoint + "/{repo_id}/resolve/{revision}/{filename}")
    setattr(hf_api.api, "endpoint", loopback.endpoint)
    setattr(constants, "HF_HUB_OFFLINE", False)
    setattr(constants, "HF_HUB_DISABLE_XET", True)
    setattr(constants, "HF_HUB_CACHE", str(folder / "hub-cache"))


if __name__ == "__main__":
    with LoopbackHub({"hf_ada": "ada"}, {"ada": ["lab"]}) as loopback:
        print(f"HF_ENDPOINT={loopback.endpoint} HF_TOKEN=hf_ada HF_HUB_DISABLE_XET=1", flush=True)
        threading.Event().wait()
