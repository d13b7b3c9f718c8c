#!/usr/bin/env bash
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib/settings.sh"
. "$here/lib/processes.sh"

usage() {
    cat <<EOF
Usage: status.sh [--help]

List the processes of the mini cloud: id, count and memory. The exit status
is 0 when everything that was started still runs.
EOF
}

case ${1:-} in
    '') ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
esac

total=0
dead=0
for file in "$RUN"/*.pid; do
    [[ -e $file ]] || continue
    name=$(basename "$file" .pid)
    if ! id=$(running "$name"); then
        printf '%-20s ended\n' "$name"
        dead=1
        continue
    fi
    read -r count megabytes < <(ps -o rss= -s "$id" |
        awk '{ sum += $1 } END { print NR, int(sum / 1024) }')
    total=$((total + megabytes))
    printf '%-20s pid %-8s processes %-3s %5s MB\n' \
        "$name" "$id" "$count" "$megabytes"
done
echo "total $total MB"
exit "$dead"
