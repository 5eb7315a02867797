"""The programs that take part in a measurement: nginx, wrk, the relay and its simulated neighbours."""

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = "/api/iletimerkezi/webhook"
TOKEN = "load"


class Failed(Exception):
    """A measurement that would not be one. The message says why."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read().decode()


def wait_until(condition, seconds, what, every=0.02):
    """The time at which `condition` was first seen to be true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"waited {seconds} s in vain: {what}")
        time.sleep(every)
    return time.monotonic()


class Server:
    """A process that is stopped when its `with` block ends. Its output is in a file of `folder`."""

    def __init__(self, name, command, folder):
        self.name = name
        self.command = command
        self.folder = folder
        self.log = os.path.join(folder, f"{name}.log")
        self.output = os.path.join(folder, f"{name}.out")
        self.start()

    def start(self):
        with open(self.output, "w") as out, open(self.log, "w") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=log, cwd=self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise Failed(f"{self.name} did not stop within 30 s of SIGTERM")
        with open(self.output) as out:
            return out.read()

    def wait_for(self, condition, what):
        def alive_and():
            if self.process.poll() is not None:
                with open(self.log) as log, open(self.output) as out:
                    words = (out.read() + log.read())[-1000:]
                raise Failed(f"{self.name} ended with {self.process.returncode} before it was ready: {words}")
            return condition()

        wait_until(alive_and, 60, what)


def answers(port, path):
    try:
        get(port, path)
        return True
    except (OSError, urllib.error.URLError):
        return False


NGINX = """
{user}
daemon off;
pid {folder}/{name}.pid;
error_log stderr error;
worker_processes {workers};
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_buffer_size 64k;
  client_body_in_single_buffer on;
  client_body_temp_path {folder}/{name}-body;
  proxy_temp_path {folder}/{name}-proxy;
  types {{ }}
  default_type application/json;
  {more}
}}
"""

# What the provider's documentation tells every receiver to answer, and so what apps that were written for it answer.
ANSWER = """return 200 '{"received": true}';"""
# nginx keeps the connection of a mirrored request only if its answer has no body, and then mirrors 4 times as fast.
EMPTY_ANSWER = "return 200;"


class Nginx(Server):
    def __init__(self, name, folder, workers, more, port=None):
        self.port = port or free_port()
        config = os.path.join(folder, f"{name}.conf")
        user = "user root;" if os.getuid() == 0 else ""
        with open(config, "w") as f:
            f.write(NGINX.format(user=user, folder=folder, name=name, workers=workers, more=more.replace("PORT", str(self.port))))
        super().__init__(name, ["nginx", "-p", folder, "-c", config, "-e", "stderr"], folder)
        self.asked = 0
        self.wait_for(lambda: answers(self.port, "/stub_status"), f"nginx {name}")
        self.asked += 1

    def requests(self):
        """Requests that were handled since the start, without those that ask for this number."""
        self.asked += 1
        # "server accepts handled requests\n 1 1 1"
        return int(get(self.port, "/stub_status").splitlines()[2].split()[2]) - self.asked


def nginx_answering(folder, name, workers, answer, port=None):
    """Answers every POST, reads and drops its body, stores nothing."""
    more = "server { listen 127.0.0.1:PORT backlog=4096; location = /stub_status { stub_status; } location / { %s } }"
    return Nginx(name, folder, workers, more % answer, port)


def nginx_sink(folder, answer, port=None):
    """An app that takes everything."""
    return nginx_answering(folder, "sink", 1, answer, port)


def nginx_mirroring(folder, sink_port, workers):
    """Answers a POST and sends two copies of it to the sink, over connections that it keeps.

    `return` would answer before the mirrors are looked at, so the answer comes by way of the 405 that a POST to a file gets.
    """
    with open(os.path.join(folder, "nothing"), "w"):
        pass
    more = """
  open_file_cache max=16 inactive=1h;
  open_file_cache_valid 1h;
  upstream sink { server 127.0.0.1:SINK; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:PORT backlog=4096;
    location = /stub_status { stub_status; }
    location = WEBHOOK { mirror /copy-a; mirror /copy-b; alias FOLDER/nothing; error_page 405 =200 @answer; }
    location @answer { ANSWER }
    location = /copy-a { internal; proxy_pass http://sink/a; include FOLDER/mirror-proxy.conf; }
    location = /copy-b { internal; proxy_pass http://sink/b; include FOLDER/mirror-proxy.conf; }
  }"""
    with open(os.path.join(folder, "mirror-proxy.conf"), "w") as f:
        f.write('proxy_http_version 1.1; proxy_set_header Connection "";\n')
    for word, text in {"SINK": str(sink_port), "WEBHOOK": PATH, "FOLDER": folder, "ANSWER": ANSWER}.items():
        more = more.replace(word, text)
    return Nginx("mirror", folder, workers, more)


class Relay(Server):
    """The relay on a new store, with routes that all want the same: every report of wrk, and of `simulate` those with a marker, nine of ten."""

    def __init__(self, program, folder, urls, concurrency, paused=False, wanting=None):
        """`urls` by the names of the routes; the first `wanting` of them want every report of wrk, or all if it is left out."""
        self.port, self.status_port = free_port(), free_port()
        routes = "".join(
            f"""
  - name: {name}
    markers: {'["iim.to/", "#SHOP"]' if wanting is None or number < wanting else f'["@{name}"]'}
    url: {url}
    concurrency: {concurrency}
    paused: {str(paused).lower()}"""
            for number, (name, url) in enumerate(urls.items())
        )
        config = os.path.join(folder, "routes.yaml")
        with open(config, "w") as f:
            f.write(
                f"""receive:
  listen: 127.0.0.1:{self.port}
  path: {PATH}
  tokens: [{TOKEN}]
status:
  listen: 127.0.0.1:{self.status_port}
store:
  path: {folder}/relay.db
routes:{routes}
"""
            )
        super().__init__("relay", [program, "serve", "--config", config], folder)
        self.wait_until_ready()

    def wait_until_ready(self):
        self.wait_for(lambda: answers(self.status_port, "/readyz"), "the relay on /readyz")

    def restart(self):
        """How many seconds it takes from the start of the process until it is ready."""
        self.stop()
        began = time.monotonic()
        self.start()
        self.wait_until_ready()
        return time.monotonic() - began

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{PATH}?token={TOKEN}"

    def status(self):
        return json.loads(get(self.status_port, "/status.json"))

    def route(self, name):
        return next(r for r in self.status()["routes"] if r["name"] == name)

    def memory_mb(self):
        """Resident memory: now, and the most there ever was."""
        with open(f"/proc/{self.process.pid}/status") as f:
            kb = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", f.read(), re.M))
        return {"now": int(kb["VmRSS"]) / 1024, "peak": int(kb["VmHWM"]) / 1024}


def wrk(port, seconds, connections, run):
    """Sends distinct reports as fast as they are answered. With one thread, since it shares the machine with what it measures."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", os.path.join(HERE, "reports.lua")]
    command += [f"http://127.0.0.1:{port}", "--", f"{PATH}?token={TOKEN}", str(run)]
    done = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"^RESULT (.*)$", done.stdout, re.M)
    if done.returncode or not found:
        raise Failed(f"wrk failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    result = json.loads(found.group(1))
    if result["not_2xx"] or result["broken"] or not result["requests"]:
        raise Failed(f"not every report was answered 200: {result}")
    result["seconds"] = result.pop("microseconds") / 1e6
    result["per_second"] = result["requests"] / result["seconds"]
    return result


def simulate(program, url, rate, seconds, seed):
    command = [program, "simulate", url, "--rate", str(rate), "--duration", f"{seconds}s", "--seed", str(seed), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"simulate ended with {done.returncode}: {done.stderr[-500:]}{done.stdout[-500:]}")
    return json.loads(done.stdout)


def app(program, folder, name, *arguments, port=None):
    port = port or free_port()
    server = Server(name, [program, "sink", "--port", str(port), "--json", *arguments], folder)

    def is_listening():
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0

    server.wait_for(is_listening, f"the sink {name}")
    server.port = port
    return server
