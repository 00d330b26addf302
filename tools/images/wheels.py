"""Packs the Python distributions that Debian packages installed under a dist-packages folder into wheels that pip can install.

usage: wheels.py DIST_PACKAGES OUTPUT_FOLDER
"""
import base64
import hashlib
import pathlib
import sys
import zipfile
from email.parser import HeaderParser


def requirements(info):
    """Unconditional requirements of an egg-info's requires.txt, as Requires-Dist lines."""
    path = info / "requires.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    for line in lines:
        if line.startswith("["):
            break
        if line.strip():
            yield line.strip()


def record_line(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}"


def pack(info, root, output):
    metadata_file = info / ("METADATA" if info.suffix == ".dist-info" else "PKG-INFO")
    text = metadata_file.read_text()
    headers = HeaderParser().parsestr(text)
    name, version = headers["Name"], headers["Version"]
    if "Requires-Dist" not in headers:
        head, _, body = text.partition("\n\n")
        text = head.rstrip("\n") + "".join(f"\nRequires-Dist: {r}" for r in requirements(info)) + "\n\n" + body
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
    for info in infos:
        pack(info, root, output)


main()
