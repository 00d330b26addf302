#!/usr/bin/env python3
"""Runs the cases of this folder on a real Docker Engine's classic builder and writes what it answered to NAME.expected.

  DOCKER_HOST=unix:///var/run/docker.sock ./record.py [NAME...]

A case is one text file: sections that begin with a line "-- name --". "options" has key=value lines for the query of
POST /build (plus runs=N, raw=1), "base" a Dockerfile built first and tagged gantry-case-base, every other section is a file
of the build context ("-- link -> target --" a symbolic link, "-- dir/ --" an empty directory, "-- f mode=755 --" a mode, "-- f base64 --" bytes).
"""
import base64, http.client, io, json, os, re, socket, sys, tarfile, urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
SOCKET = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)


def call(method, path, body=None, headers={}):
    c = Unix("docker")
    c.request(method, "/v1.45" + path, body, headers)
    r = c.getresponse()
    return r.status, r.read().decode()


def parse(text):
    sections, name = {}, None
    for line in text.splitlines(keepends=True):
        m = re.fullmatch(r"-- (.+) --\n?", line)
        if m:
            name = m[1]
            sections[name] = ""
        elif name:
            sections[name] += line
    return sections


def context(sections):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        seen = set()
        for name, text in sections.items():
            if name in ("options", "base"):
                continue
            mode = 0o644
            m = re.fullmatch(r"(.+) mode=(\d+)", name)
            if m:
                name, mode = m[1], int(m[2], 8)
            data = text.encode()
            if name.endswith(" base64"):
                name, data = name[:-7], base64.b64decode(text)
            target = None
            if " -> " in name:
                name, target = name.split(" -> ")
            parts = name.rstrip("/").split("/")
            for i in range(1, len(parts)):
                parent = "/".join(parts[:i])
                if parent not in seen:
                    seen.add(parent)
                    add(tar, parent + "/", tarfile.DIRTYPE, 0o755)
            if target is not None:
                add(tar, name, tarfile.SYMTYPE, 0o777, link=target)
            elif name.endswith("/"):
                seen.add(name.rstrip("/"))
                add(tar, name, tarfile.DIRTYPE, mode if mode != 0o644 else 0o755)
            else:
                add(tar, name, tarfile.REGTYPE, mode, data=data)
    return out.getvalue()


def add(tar, name, kind, mode, data=b"", link=""):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname, info.size, info.mtime = kind, mode, link, len(data), 1600000000
    tar.addfile(info, io.BytesIO(data))


def build(body, query):
    return call("POST", "/build?" + urllib.parse.urlencode(query), body, {"Content-Type": "application/x-tar"})


def normal(text):
    text = re.sub(r"\b[0-9a-f]{64}\b", "<hash>", text)
    return re.sub(r"\b[0-9a-f]{12}\b", "<id>", text)


def transcript(status, answer):
    if status != 200:
        return f"status {status}\n{json.loads(answer)['message']}\n", None
    out, image = "", None
    for line in answer.splitlines():
        m = json.loads(line)
        if "stream" in m:
            out += m["stream"]
        elif "error" in m:
            out += "error " + json.dumps(m["errorDetail"], sort_keys=True) + "\n"
        elif "aux" in m:
            image = m["aux"]["ID"]
            out += "aux\n"
        else:
            out += json.dumps(m) + "\n"
    return out, image


def describe(image):
    status, text = call("GET", f"/images/{image}/json")
    if status != 200:
        return ""
    info = json.loads(text)
    config = {k: v for k, v in info["Config"].items() if v not in (None, "", False, [], {})}
    result = {"Author": info["Author"], "Comment": info["Comment"], "Layers": len(info["RootFS"].get("Layers") or []), "Config": config}
    history = json.loads(call("GET", f"/images/{image}/history")[1])
    result["History"] = [f"{h['CreatedBy']} | {h['Comment']} | {h['Size']}" for h in history if "Imported" not in h["Comment"]]
    return "-- image --\n" + json.dumps(result, indent=1, sort_keys=True) + "\n"


def record(name):
    sections = parse(open(os.path.join(HERE, name + ".case")).read())
    options = dict(l.split("=", 1) for l in sections.get("options", "").splitlines() if l)
    runs = int(options.pop("runs", "1"))
    if "base" in sections:
        status, answer = build(context({"Dockerfile": sections["base"]}), {"t": "gantry-case-base", "rm": "1"})
        assert "Successfully" in answer, answer
    out, image = "", None
    for i in range(runs):
        query = {"rm": "1", "t": "gantry-case", **options}
        if i == 0:
            query["nocache"] = "1"
        text, built = transcript(*build(context(sections), query))
        image = built or image
        out += f"-- run {i + 1} --\n" + text
    if image and "Successfully built" in out:
        out += describe(image)
    for tag in ("gantry-case", "gantry-case-base"):
        call("DELETE", f"/images/{tag}?force=1")
    open(os.path.join(HERE, name + ".expected"), "w").write(normal(out))


names = sys.argv[1:] or sorted(f[:-5] for f in os.listdir(HERE) if f.endswith(".case"))
for n in names:
    record(n)
    print(n)
