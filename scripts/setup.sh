#!/usr/bin/env bash
# Everything the application, its tests and its training need, made once: system libraries, .venv, dependencies.
# A second run compares one stamp and returns at once.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VENV=.venv
readonly STAMP=$VENV/.setup-stamp
readonly APT_LIST=packaging/apt-packages.txt

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

stamp_now() {
    # The path belongs to it: a moved environment has wrong paths in its scripts.
    { pwd; cat pyproject.toml constraints.txt "$APT_LIST" scripts/setup.sh; } | sha256sum | cut -d' ' -f1
}

# --- system packages -------------------------------------------------------------------------------------------

wanted_packages() { sed 's/#.*//; s/[[:space:]]//g; /^$/d' "$APT_LIST"; }

installed_packages() {
    # "Provides" counts: newer releases renamed libraries (libglib2.0-0t64 provides libglib2.0-0).
    dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' |
        sed -n 's/^installed //p' | sed 's/([^)]*)//g' | tr ' ,' '\n\n' | sort -u
}

missing_packages() { comm -23 <(wanted_packages | sort -u) <(installed_packages); }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }

apt_install() {
    # Several set-ups on one machine must wait for each other instead of failing on the lock.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
        install -y --no-install-recommends "$@" >/dev/null
}

install_system_packages() {
    command -v dpkg-query >/dev/null || {
        say "Not a Debian or Ubuntu system: install what $APT_LIST names with your own package manager."
        return
    }
    local missing
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    if ! may_install; then
        say "These system packages are missing; the window or some tests will not start without them. Install them with:"
        echo "    sudo apt-get install --no-install-recommends $(echo $missing)"
        return
    fi
    say "Installing system packages: $(echo $missing)"
    as_root apt-get -qq -o DPkg::Lock::Timeout=300 update || say "apt-get update failed; trying with the lists at hand"
    # shellcheck disable=SC2086  # one word per package is meant
    apt_install $missing || install_one_by_one $missing
}

install_one_by_one() {
    # One package a release does not have must not keep the others away.
    local package
    for package in "$@"; do
        apt_install "$package" 2>/dev/null || say "The package $package cannot be installed here; going on without it."
    done
}

# --- Python ----------------------------------------------------------------------------------------------------

suits() {
    "$1" -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] < (3, 14)))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3 python3.12 python3.11 python3.13; do
        if command -v "$candidate" >/dev/null && suits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

require_python() {
    find_python && return
    if command -v apt-get >/dev/null && may_install; then
        apt_install python3 python3-venv >&2 || true
        find_python && return
    fi
    fail "No Python 3.11, 3.12 or 3.13 was found. Install one (Debian 12 and Ubuntu 24.04: sudo apt-get install python3
python3-venv), or name it: make setup PYTHON=/path/to/python3.12"
}

require_ensurepip() {
    # Debian splits it from python3; without it `python3 -m venv` leaves half an environment behind.
    "$1" -c 'import ensurepip' 2>/dev/null && return
    local package
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if command -v apt-get >/dev/null && may_install; then
        say "Installing $package"
        apt_install "$package" || true
    fi
    "$1" -c 'import ensurepip' 2>/dev/null ||
        fail "$1 cannot make environments. Install what is missing with: sudo apt-get install $package"
}

make_environment() {
    if [ -x $VENV/bin/python ] && suits $VENV/bin/python && $VENV/bin/python -m pip --version >/dev/null 2>&1; then
        return
    fi
    local python
    python=$(require_python)
    require_ensurepip "$python"
    say "Making $VENV with $("$python" --version)"
    rm -rf $VENV
    "$python" -m venv $VENV
}

install_dependencies() {
    say "Installing dependencies (about 1.5 GB the first time, TensorFlow being most of it)"
    $VENV/bin/python -m pip install -qq --disable-pip-version-check --no-input \
        -c constraints.txt -e '.[gui,train,cluster,epics,test]'
}

# ---------------------------------------------------------------------------------------------------------------

main() {
    local stamp
    stamp=$(stamp_now)
    if [ -f $STAMP ] && [ "$(cat $STAMP)" = "$stamp" ]; then
        return
    fi
    install_system_packages
    make_environment
    rm -f $STAMP
    install_dependencies
    echo "$stamp" >$STAMP
    say "Ready: .venv/bin/hydra-gui"
}

main
