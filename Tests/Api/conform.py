"""Whether /openapi.json is valid, and every GET that it describes answers as its schema says. Usage: conform.py URL TOKEN

Parameters of paths get a value that the relay itself told of: the first there is in the list above it.
"""

import json
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from jsonschema import FormatChecker
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

TIMEOUT_SECONDS = 10

# Of a path with a parameter: where a value for it stands.
SOURCES = {
    "/api/v1/reports/{id}": ("/api/v1/reports", "reports", "id"),
    "/api/v1/jobs/{id}": ("/api/v1/jobs", "jobs", "id"),
    "/api/v1/quarantine/{id}": ("/api/v1/quarantine", "bodies", "id"),
    "/api/v1/routes/{name}": ("/api/v1/routes", "routes", "name"),
    "/api/v1/backups/{id}": ("/api/v1/backups", "backups", "id"),
    "/api/v1/backups/{id}/file": ("/api/v1/backups", "backups", "id"),
    "/api/v1/orders/{packet_id}": ("/api/v1/reports", "reports", "packet_id"),
}


def ask(method, url, token, body=None):
    headers = {"Authorization": f"Bearer {token}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data=None if body is None else body.encode(), headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read().decode(errors="replace")
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers.get_content_type(), refusal.read().decode()


def make_backup(url, token):
    """One that is ready to be read."""
    started = json.loads(ask("POST", url + "/api/v1/backups", token, "{}")[2])
    while True:
        stage = json.loads(ask("GET", f"{url}/api/v1/backups/{started['id']}", token)[2])["stage"]
        if stage not in ("copying", "checking"):
            return
        time.sleep(0.1)


def faults(document, operation, answered):
    """What is wrong with an answer, in words."""
    status, media_type, text = answered
    response = operation["responses"].get(str(status))
    if response is None:
        return [f"{status} is not described"]
    content = response.get("content", {}).get(media_type)
    if content is None:
        return [f"{media_type} is not described for {status}"]
    if not media_type.endswith("json"):
        return []
    schema = {**content["schema"], "components": document["components"]}
    validator = OAS31Validator(schema, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(json.loads(text))]


def main(url, token):
    document = json.loads(ask("GET", url + "/openapi.json", token)[2])
    OpenAPIV31SpecValidator(document).validate()
    # So that there is one to be shown.
    ask("POST", url + "/api/v1/quarantine/retries", token, "{}")
    make_backup(url, token)
    wrong, answered = [], 0
    for path, operations in sorted(document["paths"].items()):
        if "get" not in operations:
            continue
        asked = path
        if "{" in path:
            listing, entries, member = SOURCES[path]
            found = json.loads(ask("GET", url + listing, token)[2])[entries]
            if not found:
                wrong.append(f"{path}: {listing} has nothing to ask for")
                continue
            asked = re.sub(r"{[a-z_]+}", urllib.parse.quote(str(found[0][member]), safe=""), path)
        answer = ask("GET", url + asked, token)
        if answer[0] != 200:
            wrong.append(f"{path} answered {answer[0]}: {answer[2][:200]}")
        wrong += [f"{path}: {fault}" for fault in faults(document, operations["get"], answer)]
        answered += 1
    print(f"/openapi.json is valid, and {answered} paths were read")
    for fault in wrong:
        print(fault, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
