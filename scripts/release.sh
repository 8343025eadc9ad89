#!/bin/sh
# Makes the archive that booths install: our wheel, the locked dependencies' list, and the machine's files.
set -eu
cd "$(dirname "$0")/.."
version=${1:-$(.venv/bin/python -c 'import importlib.metadata as m; print(m.version("teleborne"))')}
name=teleborne-$version
rm -rf "release/$name" "release/$name.tar.gz"
mkdir -p "release/$name"
.venv/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w "release/$name" .
cp -R requirements.lock LICENSE THIRD_PARTY.md deploy "release/$name/"
tar -C release --owner=0 --group=0 --sort=name -czf "release/$name.tar.gz" "$name"
rm -rf "release/$name"
echo "release/$name.tar.gz"
