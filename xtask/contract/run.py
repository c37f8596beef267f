"""Starts a directory and a relay, lets Schemathesis call them by their OpenAPI documents, and says what they answered.

`run.py --binary PATH --seconds N [--json]`. Ends with 0 when no check failed, no answer was a fault of the server and at
least half of the calls of each service got further than its reader: 2xx, or a code other than those of 400 and 422.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from service import Service

HERE = Path(__file__).parent
SERVICES = ["directory", "relay"]
SHARE_MIN = 0.5


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("--seconds", type=int, required=True)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    with ThreadPoolExecutor(len(SERVICES)) as together:
        results = list(together.map(lambda name: tried(asked.binary, name, asked.seconds), SERVICES))
    if asked.json:
        print(json.dumps(results, indent=2))
    else:
        for result in results:
            show(result)
    return 0 if all(result["well"] for result in results) else 1


def tried(binary, name, seconds):
    """One service under Schemathesis for so many seconds."""
    service = Service(binary, name)
    key = service.key() if name == "relay" else ""
    with service:
        counts = service.folder / "counts.json"
        environment = {
            **os.environ,
            "PYTHONPATH": str(HERE),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENRED_CONTRACT_SERVICE": name,
            "OPENRED_CONTRACT_URL": service.url,
            "OPENRED_CONTRACT_COUNTS": str(counts),
            "OPENRED_CONTRACT_KEY": key,
        }
        command = [Path(sys.executable).with_name("schemathesis"), "--config-file", HERE / "schemathesis.toml", "run"]
        command += [service.url + "/api/openapi.json", "--max-time", str(seconds), "--no-color"]
        ended = subprocess.run(
            command, env=environment, cwd=service.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        rows = json.loads(counts.read_text()) if counts.exists() else []
    return judged(name, rows, ended)


def judged(name, rows, ended):
    """What the calls came to."""
    answers = Counter()
    for _, status, code, count in rows:
        answers[status, code] += count
    calls = sum(answers.values())
    further = sum(count for (status, code), count in answers.items() if got_further(status, code))
    faults = sum(count for (status, code), count in answers.items() if status >= 500 and (status, code) != (503, "busy"))
    operations = {operation for operation, *_ in rows}
    share = round(further / calls, 3) if calls else 0
    return {
        "service": name,
        "well": ended.returncode == 0 and faults == 0 and share >= SHARE_MIN,
        "calls": calls,
        "paths_and_methods": len(operations),
        "server_faults": faults,
        "further": share,
        "checks_held": ended.returncode == 0,
        "answers": [[status, code, count] for (status, code), count in sorted(answers.items(), key=str)],
        "said": "" if ended.returncode == 0 else ended.stdout,
    }


def got_further(status, code):
    return status < 300 or (code is not None and status not in (400, 422))


def show(result):
    print(f"{result['service']}: {result['calls']} calls")
    for status, code, count in result["answers"]:
        print(f"  {status} {code or '':<24}{count:>7}")
    print(f"  server faults {result['server_faults']}, checks {'held' if result['checks_held'] else 'FAILED'},")
    print(f"  answered 2xx or by a code other than of 400 and 422: {result['further']:.1%}")
    print(result["said"])


if __name__ == "__main__":
    sys.exit(main())
