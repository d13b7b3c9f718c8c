"""Make one small file of a recording: condense.py DIRECTORY FILE.

Reads what capture.py wrote and writes its messages, of all exchanges, in the
order in which they came: gzipped, one JSON object a line. What is bulky or
secret stays out: the envelope (the message holds the same), and the context
of the request with its token.
"""

import argparse
import collections
import gzip
import json
import os
import pathlib
import re

KEPT = (
    "message_id",
    "publisher_id",
    "event_type",
    "priority",
    "payload",
    "timestamp",
)
#: What may be secret: contexts of requests hide in payloads, too, and how a
#: volume is connected can hold the password of the storage.
SECRET = re.compile(
    r"pass(word|phrase|wd)?$|token|secret|auth_key|^_?context"
    r"|^connection_info$|^connector$",
    re.I,
)
FREQUENT = "identity.authenticate"


def without_secrets(value):
    """Return a copy in which no key that names a secret has a value."""
    if isinstance(value, dict):
        return {
            key: None if SECRET.search(key) else without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value


def condensed(record):
    message = record["message"]
    return {
        "received_at": record["received_at"],
        "exchange": record["exchange"],
        "routing_key": record["routing_key"],
        "message": {
            key: without_secrets(message[key])
            for key in KEPT
            if key in message
        },
    }


def read(directory):
    """Return the records of all exchanges, in the order of arrival."""
    records = [
        condensed(json.loads(line))
        for path in sorted(pathlib.Path(directory).glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    return sorted(records, key=lambda record: record["received_at"])


def thinned(records, logins, most):
    """Yield the records but for what there is too much of."""
    seen = collections.Counter()
    for record in records:
        kind = record["routing_key"], record["message"]["event_type"]
        seen[kind] += 1
        limit = logins if kind[1] == FREQUENT else most
        if limit is None or seen[kind] <= limit:
            yield record


def write_gzip(path, text):
    """Write the same bytes for the same text, whenever it is done.

    Tracebacks name files: where this cloud happened to live is left out.
    """
    text = text.replace(os.environ["MINICLOUD"], "/minicloud")
    pathlib.Path(path).write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("directory")
    parser.add_argument("file")
    parser.add_argument(
        "--logins",
        type=int,
        default=20,
        help=f"how many {FREQUENT} events to keep (default: 20)",
    )
    parser.add_argument(
        "--most",
        type=int,
        help="how many of each event to keep (default: all)",
    )
    parser.add_argument(
        "--listings",
        metavar="FROM",
        help="also condense a file of listings, into listings.json.gz beside",
    )
    arguments = parser.parse_args()
    lines = [
        json.dumps(record, separators=(",", ":"))
        for record in thinned(
            read(arguments.directory), arguments.logins, arguments.most
        )
    ]
    write_gzip(arguments.file, "".join(f"{x}\n" for x in lines))
    if arguments.listings:
        listings = json.loads(pathlib.Path(arguments.listings).read_text())
        write_gzip(
            pathlib.Path(arguments.file).with_name("listings.json.gz"),
            json.dumps(without_secrets(listings), sort_keys=True),
        )


if __name__ == "__main__":
    main()
