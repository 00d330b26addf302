"""Packs the Python distributions that Debian packages installed under a dist-packages folder into wheels that pip can install.

usage: wheels.py ROOT/usr/lib/python3/dist-packages OUTPUT_FOLDER
ROOT/PACKAGE.depends holds the Depends field of each package.
"""
import base64
import hashlib
import pathlib
import sys
import zipfile
from email.parser import HeaderParser


def requirements(name, root, known):
    """Names of the other distributions that the Debian package of this one depends on (Debian strips requires.txt)."""
    depends = root.parent.parent.parent.parent / f"python3-{name.lower()}.depends"
    packages = depends.read_text().replace(",", " ").split() if depends.exists() else []
    return [known[p] for p in packages if p in known]


def record_line(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}"


def metadata(info):
    return (info / ("METADATA" if info.suffix == ".dist-info" else "PKG-INFO")).read_text()


def pack(info, root, output, known):
    text = metadata(info)
    headers = HeaderParser().parsestr(text)
    name, version = headers["Name"], headers["Version"]
    if "Requires-Dist" not in headers:
        head, _, body = text.partition("\n\n")
        text = head.rstrip("\n") + "".join(f"\nRequires-Dist: {r}" for r in requirements(name, root, known)) + "\n\n" + body
    top = info / "top_level.txt"
    modules = top.read_text().split() if top.exists() else [name.lower()]
    files = {}
    for module in modules:
        path = root / module
        if path.is_dir():
            found = [f for f in path.rglob("*") if f.is_file() and "__pycache__" not in f.parts]
        else:
            found = [f for f in [root / f"{module}.py", *root.glob(f"{module}.*.so")] if f.is_file()]
        files.update({str(f.relative_to(root)): f.read_bytes() for f in found})
    stem = f"{name.replace('-', '_')}-{version}"
    files[f"{stem}.dist-info/METADATA"] = text.encode()
    files[f"{stem}.dist-info/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: gantry-demo\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = f"{stem}.dist-info/RECORD"
    lines = [record_line(n, d) for n, d in sorted(files.items())] + [f"{record},,"]
    files[record] = ("\n".join(lines) + "\n").encode()
    with zipfile.ZipFile(output / f"{stem}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for file_name, data in files.items():
            wheel.writestr(file_name, data)


def main():
    root, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    infos = [p for p in sorted(root.iterdir()) if p.suffix in (".egg-info", ".dist-info") and p.is_dir()]
    if not infos:
        sys.exit(f"no distribution found in {root}")
    names = [HeaderParser().parsestr(metadata(info))["Name"] for info in infos]
    known = {f"python3-{name.lower()}": name for name in names}
    for info in infos:
        pack(info, root, output, known)


main()
