"""Runs schemathesis against the API as it describes itself; the last line says what came of it, as JSON."""

import json
import os
import re
import subprocess
import sys
import threading

command = [
    sys.executable,
    "-m",
    "schemathesis.cli",
    "--config-file",
    "schemathesis.toml",
    "run",
    os.environ["BASE"] + "/openapi.json",
    "--header",
    f"Authorization: Bearer {os.environ['KEY']}",
    "--no-color",
]


def tell_that_it_goes_on():
    while not over.wait(20):
        print("...", flush=True)


over = threading.Event()
threading.Thread(target=tell_that_it_goes_on).start()
run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
lines = []
for line in run.stdout:
    lines.append(line)
    print(line, end="", flush=True)
status = run.wait()
over.set()
cases = re.search(r"^\s*(\d+) generated", "".join(lines), re.MULTILINE)
print(json.dumps({"status": status, "cases": int(cases[1]) if cases else 0}), flush=True)
