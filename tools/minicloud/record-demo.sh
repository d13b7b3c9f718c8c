#!/usr/bin/env bash
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib/settings.sh"

usage() {
    cat <<EOF
Usage: record-demo.sh --wipe [DIRECTORY]

Wipe the mini cloud in $MINICLOUD, start it anew, play site.py on it and
write what was recorded to DIRECTORY (default: demo/ of this repository):

  site.jsonl.gz     every notification, in the order of arrival
  listings.json.gz  what the APIs listed, in the middle and at the end
  names.jsonl.gz    the names of projects and users, which no notification
                    tells: what a sync with the cloud would say

The play rests PACE seconds (now: ${PACE:-3}) after each step, so that what it
does lasts. The cloud keeps running afterwards; down.sh stops it.
EOF
}

case ${1:-} in
    --wipe) ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
esac
target=${2:-$here/../../demo}

"$here/down.sh" --wipe
export CAPTURE=$DATA/notifications
"$here/up.sh"
mkdir -p "$target"
python -W ignore "$here/site.py" --pace "${PACE:-3}" \
    --listings "$DATA/listings.json"
# The recorder gets the last notifications after the play.
sleep 5
python "$here/condense.py" "$CAPTURE" "$target/site.jsonl.gz" \
    --listings "$DATA/listings.json"
python "$here/names.py" "$target/listings.json.gz" "$target/names.jsonl.gz"
python "$here/members.py" "$target/site.jsonl.gz" "$target/listings.json.gz" \
    "$target/stacks.jsonl.gz"
ls -l "$target"/*.gz
