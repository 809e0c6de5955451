# Sourced by the other scripts: finds a Python that is new enough and leaves its name in PYTHON.

cd "$(dirname "$0")/.." || exit 1

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    if ! is_new_enough "$PYTHON"; then
        echo "PYTHON=$PYTHON is not a Python 3.11 or newer: name another one, or none at all." >&2
        exit 1
    fi
else
    # The releases that are tested, newest first; then whatever the machine calls python3.
    for candidate in python3.14 python3.13 python3.12 python3.11 python3; do
        if is_new_enough "$candidate"; then
            PYTHON=$candidate
            break
        fi
    done
fi

if [ -z "${PYTHON:-}" ]; then
    echo "Python 3.11 or newer is needed: install it, or name it (make run PYTHON=/path/to/python3)." >&2
    exit 1
fi
