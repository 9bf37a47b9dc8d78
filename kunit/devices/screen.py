#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""screen.py DIRECTORY SCANOUT: the host's part of scanout.sh.

DIRECTORY has the sockets qmp, QEMU's monitor, and port, the guest's serial port.  For each
line "SEED WIDTH HEIGHT" from the guest, compare the screen with the picture that SCANOUT
prints, and answer "same", or where they differ.
"""
import json
import pathlib
import socket
import subprocess
import sys
import time


def connect(path):
    while not path.exists():
        time.sleep(0.1)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    return connection.makefile("rw")


def execute(monitor, command, **arguments):
    print(json.dumps({"execute": command, "arguments": arguments}), file=monitor, flush=True)
    for line in monitor:
        reply = json.loads(line)
        if "error" in reply:
            return reply["error"]["desc"]
        if "return" in reply:
            return None
    return "QEMU has ended"


def compare(screen, picture):
    if screen == picture:
        return "same"
    if len(screen) != len(picture):
        return f"{screen[:15]!r} instead of {picture[:15]!r}"
    wrong = [i for i, byte in enumerate(picture) if screen[i] != byte]
    return f"{len(wrong)} wrong bytes, the first one is byte {wrong[0]}"


directory, scanout = pathlib.Path(sys.argv[1]), sys.argv[2]
monitor = connect(directory / "qmp")
port = connect(directory / "port")
execute(monitor, "qmp_capabilities")
for line in port:
    dump = directory / "screen.ppm"
    error = execute(monitor, "screendump", filename=str(dump))
    picture = subprocess.run([scanout, *line.split()], stdout=subprocess.PIPE, check=True).stdout
    print(error or compare(dump.read_bytes(), picture), file=port, flush=True)
