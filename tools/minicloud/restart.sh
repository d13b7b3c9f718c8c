#!/usr/bin/env bash
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib/settings.sh"
. "$here/lib/processes.sh"

usage() {
    cat <<EOF
Usage: restart.sh NAME...

Stop the named processes, as status.sh lists them, write the configuration
anew and start what is missing.
EOF
}

case ${1:-} in
    -h | --help) usage && exit ;;
    '' | -*) usage >&2 && exit 2 ;;
esac
stop "$@"
exec "$here/up.sh"
