#!/usr/bin/env bash
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
    cat <<EOF
Usage: record-rarities.sh [FILE]

Play rarities.py on the running mini cloud, let the services report what
exists, and write at most four notifications of each type that were recorded
to FILE (default: tests/samples/notifications/extra.jsonl.gz).

Nova is restarted, so that it keeps deleted servers for a while.
EOF
}

case ${1:-} in
    -h | --help) usage && exit ;;
    -*) usage >&2 && exit 2 ;;
esac

export RECLAIM_INSTANCE_INTERVAL=30
. "$here/lib/settings.sh"
. "$here/lib/processes.sh"
target=${1:-$here/../../tests/samples/notifications/extra.jsonl.gz}
export CAPTURE=$DATA/rarities
rm -rf "$CAPTURE"
computes=()
for number in $(seq 1 "$COMPUTES"); do
    computes+=("nova-compute-$number")
done
"$here/restart.sh" capture nova-api "${computes[@]}"
failed=0
python -W ignore "$here/rarities.py" || failed=$?
# Services can also say what exists; operators run these by cron.
cinder-volume-usage-audit --start_time "$(date -u -d '1 day ago' '+%F %T')" \
    --end_time "$(date -u '+%F %T')" >"$LOG/audit-cinder.log" 2>&1 ||
    failed=$?
neutron-usage-audit >"$LOG/audit-neutron.log" 2>&1 || failed=$?
sleep 5
mkdir -p "$(dirname "$target")"
python "$here/condense.py" "$CAPTURE" "$target" --most 4
ls -l "$target"
exit "$failed"
