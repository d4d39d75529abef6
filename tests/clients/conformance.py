"""Runs schemathesis against the API as it describes itself. The last line says what came of it, as JSON: the exit status, how many
cases there were, and which operations were never done."""

import base64
import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from urllib.parse import urlsplit

from conformance_estate import DOCUMENT, estate

CONFIG = "conformance.toml"
REPORT = "report.json"


def configuration(estate):
    """What stands in schemathesis.toml, and the names of things that there are."""
    with open("schemathesis.toml") as file:
        lines = [file.read(), "[dictionaries]"]
    for name, values in estate.items():
        lines.append(f"{name} = {{ values = {json.dumps(values)} }}")
    return "\n".join(lines)


def undone(entries):
    """The operations that were never answered with success."""
    answers = Counter()
    for entry in entries:
        path = urlsplit(entry["request"]["url"]).path
        answers[entry["request"]["method"], path, entry["response"]["status"]] += 1
    names = []
    for template, item in DOCUMENT["paths"].items():
        pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)))
        for method in item:
            statuses = Counter()
            for (asked, path, status), count in answers.items():
                if asked == method.upper() and pattern.fullmatch(path):
                    statuses[status] += count
            if not any(200 <= status < 400 for status in statuses):
                names.append(f"{method.upper()} {template}")
                print("Never done:", names[-1], dict(statuses))
    return sorted(names)


def tell_that_it_goes_on():
    while not over.wait(20):
        print("...", flush=True)


things = estate()
with open(CONFIG, "w") as file:
    file.write(configuration(things))
client = f"{things['clients'][0]}:{things['secrets'][0]}"
environment = os.environ | {"CLIENT": base64.b64encode(client.encode()).decode()}
command = [
    sys.executable,
    "-m",
    "schemathesis.cli",
    "--config-file",
    CONFIG,
    "run",
    os.environ["BASE"] + "/openapi.json",
    "--seed",
    os.environ["SEED"],
    "--report",
    "har",
    "--report-har-path",
    REPORT,
    "--no-color",
]
over = threading.Event()
threading.Thread(target=tell_that_it_goes_on).start()
run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
lines = []
for line in run.stdout:
    lines.append(line)
    print(line, end="", flush=True)
status = run.wait()
over.set()
cases = re.search(r"^\s*(\d+) generated", "".join(lines), re.MULTILINE)
with open(REPORT) as file:
    entries = json.load(file)["log"]["entries"]
report = {"status": status, "cases": int(cases[1]) if cases else 0, "undone": undone(entries)}
print(json.dumps(report), flush=True)
