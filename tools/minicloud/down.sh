#!/usr/bin/env bash
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib/settings.sh"
. "$here/lib/processes.sh"

usage() {
    cat <<EOF
Usage: down.sh [--wipe | NAME...]

Stop every process that up.sh started, by its recorded id; or only some, by
their names, as status.sh lists them: up.sh starts them again.

  --wipe  also remove the data, the configuration and the logs. The installed
          programs stay, so the next start is fast. To remove everything,
          delete $MINICLOUD afterwards.
EOF
}

wipe=false
case ${1:-} in
    '') ;;
    --wipe) wipe=true ;;
    -h | --help) usage && exit ;;
    -*) usage >&2 && exit 2 ;;
    *) stop "$@" && exit ;;
esac

# What the services lean on ends after them.
infrastructure=(capture rabbitmq memcached influxdb mariadb epmd)
services=()
for file in "$RUN"/*.pid; do
    name=$(basename "$file" .pid)
    if [[ -e $file && " ${infrastructure[*]} " != *" $name "* ]]; then
        services+=("$name")
    fi
done
stop "${services[@]}"
stop "${infrastructure[@]}"
if $wipe; then
    rm -rf "$DATA" "$ETC" "$LOG" "$RUN" "$HOME"
fi
