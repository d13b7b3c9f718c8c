"""Wait until Cinder's scheduler knows where volumes can be made.

Before that, a volume that is asked for ends in an error. While a broker that
was away comes back, Cinder answers the question itself with an error.
"""

import sys
import time

import openstack

SECONDS = 90


def are_known(storage):
    try:
        return any(storage.backend_pools())
    except openstack.exceptions.HttpException:
        return False


def main():
    storage = openstack.connect(load_envvars=True).block_storage
    until = time.monotonic() + SECONDS
    while not are_known(storage):
        if time.monotonic() > until:
            sys.exit(f"Cinder knew no pool of volumes in {SECONDS} s")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
