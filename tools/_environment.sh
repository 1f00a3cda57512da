# Sourced by the scripts here: finds Python, and makes environments. It changes no directory.

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "adicom needs Python 3.11 or newer; if you have one, name it: PYTHON=/path/to/python $0" >&2
    return 1
}

# is_current ENVIRONMENT: whether it has what pyproject.toml asks for.
is_current() { cmp -s "$root/pyproject.toml" "$1/pyproject.toml"; }

# make_environment ENVIRONMENT REQUIREMENT...: makes it, or brings it up to date; says nothing unless it goes wrong.
make_environment() {
    local environment=$1 python log
    shift
    is_current "$environment" && return
    if ! [ -x "$environment/bin/python" ]; then
        python=$(find_python) || return
        if ! "$python" -m venv "$environment"; then
            echo "$python cannot make environments; on Debian and Ubuntu: apt install python3-venv" >&2
            rm -rf "$environment"
            return 1
        fi
    fi
    log=$("$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$@" 2>&1) || {
        printf 'pip could not install what is needed:\n%s\n' "$log" >&2
        return 1
    }
    cp "$root/pyproject.toml" "$environment/pyproject.toml"
}
