"""Tell the names that no notification tells: names.py LISTINGS FILE.

Keystone's notifications have ids only. From the listings of a recording this
writes what a sync with the cloud would say of its projects and users: one
event of our own (``concertim.observation.project``) for each of them, in the
form of the recording, to be replayed beside it.
"""

import gzip
import json
import pathlib
import sys

KINDS = {"projects": "project", "users": "user"}


def observations(listings):
    """Yield a message for each thing that was listed, at any time."""
    seen = set()
    for listing in sorted(listings.values(), key=lambda x: x["taken_at"]):
        for listed, kind in KINDS.items():
            for thing in listing[listed]:
                if thing["id"] not in seen:
                    seen.add(thing["id"])
                    yield message(kind, thing, listing["taken_at"])


def message(kind, thing, taken_at):
    return {
        "message_id": f"listing/{kind}/{thing['id']}",
        "publisher_id": "listing",
        "event_type": f"concertim.observation.{kind}",
        "priority": "INFO",
        "timestamp": taken_at,
        "payload": {"id": thing["id"], "details": {"name": thing["name"]}},
    }


def main():
    listings, file = map(pathlib.Path, sys.argv[1:])
    found = json.loads(gzip.decompress(listings.read_bytes()))
    lines = [
        json.dumps({"message": told}, separators=(",", ":")) + "\n"
        for told in observations(found)
    ]
    file.write_bytes(gzip.compress("".join(lines).encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
