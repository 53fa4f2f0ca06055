#!/bin/sh
# Makes .venv hold exactly the packages of requirements/$1.txt (main, dev or e2e; uv: the installer alone).
# Plain sh, since it runs before anything is known about the machine. Each refusal is one line.
set -u

group=${1:-main}
python=${PYTHON:-python3}
venv=.venv

refuse() {
    echo "srm: $1" >&2
    exit 1
}

# A copy of the lock that was installed last; a larger group contains the smaller ones.
installed() {
    for done in "$@"; do
        cmp -s "requirements/$group.txt" "$venv/.installed/$done/$group.txt" && return 0
    done
    return 1
}

works() { "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

check_python() {
    command -v "$python" >/dev/null 2>&1 ||
        refuse "$python was not found; SRM needs Python 3.11 or newer (Debian: apt-get install python3 python3-venv)"
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) ||
        refuse "$python does not run; SRM needs Python 3.11 or newer"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        refuse "$python is Python $version; SRM needs 3.11 or newer (name another one: make run PYTHON=python3.12)"
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        refuse "$python has no venv module; install it (Debian and Ubuntu: apt-get install python3-venv)"
}

check_folder() {
    # Writing is tried, not asked for: a permission bit says little on network and read-only mounts.
    { mkdir -p "$venv/.installed" && : >"$venv/.installed/probe"; } 2>/dev/null ||
        refuse "the folder $(pwd) cannot be written; make needs to create $venv in it"
    rm -f "$venv/.installed/probe"
}

create_venv() {
    echo "srm: creating $venv with $("$python" --version 2>&1)" >&2
    "$python" -m venv --clear "$venv" >&2 || refuse "$python could not create $venv (see above)"
    mkdir -p "$venv/.installed"
}

install_uv() {
    echo "srm: installing uv, pinned and hashed" >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir \
        --no-deps --require-hashes --requirement requirements/uv.txt >&2 ||
        refuse "uv could not be installed (see above); is the package index reachable?"
    cp requirements/uv.txt "$venv/.installed/uv.txt"
}

sync_packages() {
    echo "srm: installing the packages of requirements/$group.txt" >&2
    # The cache lives in .venv, so an empty or unwritable HOME is no matter.
    # pip's own way to name a mirror is honoured, and the machine's certificates are trusted.
    : "${UV_CACHE_DIR:=$venv/.cache/uv}" "${UV_SYSTEM_CERTS:=1}" "${UV_PYTHON_DOWNLOADS:=never}"
    export UV_CACHE_DIR UV_SYSTEM_CERTS UV_PYTHON_DOWNLOADS
    if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] && [ -n "${PIP_INDEX_URL:-}" ]; then
        UV_DEFAULT_INDEX=$PIP_INDEX_URL
        export UV_DEFAULT_INDEX
    fi
    rm -rf "$venv/.installed/main" "$venv/.installed/dev" "$venv/.installed/e2e"
    "$venv/bin/uv" --quiet pip sync --python "$venv/bin/python" --require-hashes \
        --compile-bytecode "requirements/$group.txt" requirements/uv.txt >&2 ||
        refuse "the packages could not be installed (see above); is the package index reachable?"
    mkdir -p "$venv/.installed/$group"
    cp requirements/*.txt "$venv/.installed/$group/"
}

case $group in
    main) wanted="main dev e2e" ;;
    dev) wanted="dev e2e" ;;
    e2e) wanted="e2e" ;;
    uv) wanted="" ;;
    *) refuse "there is no requirements/$group.txt" ;;
esac

# shellcheck disable=SC2086  # a list of words
if works && installed $wanted; then
    exit 0
fi
check_python
check_folder
works && "$venv/bin/python" -c 'import pip' 2>/dev/null || create_venv
cmp -s requirements/uv.txt "$venv/.installed/uv.txt" || install_uv
[ "$group" = uv ] || sync_packages
