"""Wait until Cinder's scheduler knows where volumes can be made.

Before that, a volume that is asked for ends in an error.
"""

import sys
import time

import openstack

SECONDS = 90


def main():
    storage = openstack.connect(load_envvars=True).block_storage
    until = time.monotonic() + SECONDS
    while not any(storage.backend_pools()):
        if time.monotonic() > until:
            sys.exit(f"Cinder knew no pool of volumes in {SECONDS} s")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
