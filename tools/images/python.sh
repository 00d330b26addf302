#!/bin/bash
# Writes a tar of a Python root file system to the file named: Debian's python3 and pip, and in /opt/wheels a pip index with Flask
# and what it needs, made from Debian's packages, which pip in that image uses instead of an index on the network.
#   tools/images/python.sh out/python.tar
set -euo pipefail
out=$(realpath -m "${1:?usage: python.sh FILE}")
cd "$(dirname "$0")/../.."
. tools/packages.sh
need mmdebstrap:mmdebstrap
mkdir -p "$(dirname "$out")"
wheels=$(realpath tools/images/wheels.py)
flask="python3-flask python3-werkzeug python3-jinja2 python3-markupsafe python3-itsdangerous python3-click python3-colorama"
mmdebstrap --quiet --variant=minbase --include=python3,python3-pip,python-is-python3,ca-certificates \
  --customize-hook='rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED' \
  --customize-hook="upload $wheels /tmp/wheels.py" \
  --customize-hook="mkdir -p \"\$1\"/tmp/debs \"\$1\"/opt/wheels && chroot \"\$1\" sh -ec 'cd /tmp/debs && apt-get download -qq $flask && for d in *.deb; do dpkg -x \$d x; dpkg-deb -f \$d Depends >x/\${d%%_*}.depends; done && python3 /tmp/wheels.py x/usr/lib/python3/dist-packages /opt/wheels'" \
  --customize-hook='printf "[global]\nno-index = true\nfind-links = /opt/wheels\nroot-user-action = ignore\ndisable-pip-version-check = true\n" >"$1"/etc/pip.conf' \
  --customize-hook='rm -rf "$1"/tmp/debs "$1"/tmp/wheels.py' \
  bookworm "$out.tmp.tar" && mv "$out.tmp.tar" "$out"
