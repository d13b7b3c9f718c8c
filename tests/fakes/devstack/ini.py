"""Set or get an option in an INI file, as devstack's functions do.

usage: ini.py set FILE SECTION OPTION VALUE | get FILE SECTION OPTION
"""

import os
import sys


def place(lines, section, option):
    """Return where an option is, and where one may be put in."""
    found, end, here = None, None, False
    for number, line in enumerate(lines):
        if line.startswith("["):
            here = line.strip() == f"[{section}]"
        if here:
            end = number + 1
            if line.partition("=")[0].strip() == option:
                found = number
    return found, end


def main(action, file, section, option, value=""):
    lines = []
    if os.path.exists(file):
        with open(file) as before:
            lines = before.read().splitlines()
    found, end = place(lines, section, option)
    if action == "get":
        sys.stdout.write(
            lines[found].partition("=")[2].strip() if found else ""
        )
        return
    line = f"{option} = {value}"
    if found is not None:
        lines[found] = line
    elif end is not None:
        lines.insert(end, line)
    else:
        lines += [f"[{section}]", line]
    os.makedirs(os.path.dirname(file), exist_ok=True)
    with open(file, "w") as after:
        after.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
