"""Runs commands of the stock `openstack` client, one a line, in this one process: starting it anew takes seconds each time.

A line is what stands after `openstack baremetal`. `wait NODE STATE` waits for a provision state. Answers one JSON object a line:
command, exit status, standard output and error. Ends on its own when the input does.
"""

import contextlib
import io
import json
import os
import shlex
import sys
import time
import urllib.request

from openstackclient import shell


def state_of(node):
    request = urllib.request.Request(
        f"{os.environ['OS_ENDPOINT']}/v1/nodes/{node}/states", headers={"X-OpenStack-Ironic-API-Version": "1.89"}
    )
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)["provision_state"]


def wait_for(node, state):
    until = time.monotonic() + 120
    while (now := state_of(node)) != state:
        if time.monotonic() > until:
            return 1, f"the node is {now}, not {state}"
        time.sleep(0.1)
    return 0, ""


def run(words):
    if words[0] == "wait":
        status, problem = wait_for(words[1], " ".join(words[2:]))
        return status, "", problem
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = shell.OpenStackShell().run(["baremetal", *words])
        except SystemExit as stop:
            status = stop.code
    return status or 0, out.getvalue(), err.getvalue()


def said(text):
    """What the client wrote; the terminal's own colours and the warnings of its libraries are of no interest."""
    return "\n".join(line for line in text.splitlines() if "Warning" not in line).strip()


for line in sys.stdin:
    line = line.strip()
    if not line or line.startswith("#"):
        continue
    status, out, err = run(shlex.split(line))
    print(json.dumps({"command": line, "status": status, "out": out[-4000:], "err": said(err)[-2000:]}), flush=True)
