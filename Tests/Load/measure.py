"""Measures the relay beside nginx and prints a table and JSON. Started by run.sh."""

import argparse
import itertools
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import backlog
import results
import status
import trouble
from servers import ANSWER, EMPTY_ANSWER, Failed, Relay, app, nginx_answering, nginx_mirroring, nginx_sink, simulate, wait_until, wrk

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
STEADY_RATES = (200, 1000)
PARTS = ("speed", "trouble", "backlog", "rules", "status")


class Measurements:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.runs = 0

    def fresh(self):
        """A new empty folder, on the disk of the checkout: a store in a memory file system would have its fsync for nothing."""
        self.runs += 1
        path = os.path.join(self.folder, str(self.runs))
        os.mkdir(path)
        return path

    def load(self, port):
        self.runs += 1
        return wrk(port, self.options.seconds, self.options.connections, 1000 + self.runs)

    def nginx_200(self):
        """The most that this machine can answer: nginx that stores nothing and sends nothing."""
        with nginx_answering(self.fresh(), "return-200", "auto", ANSWER) as nginx:
            return self.load(nginx.port)

    def relay_accepting(self):
        """Accepting alone: two copies a report are owed and stored, and their routes are paused."""
        folder = self.fresh()
        with self.relay(folder, {"a": "http://127.0.0.1:9/a", "b": "http://127.0.0.1:9/b"}, paused=True) as relay:
            load = self.load(relay.port)
            status = relay.status()
            self.check_received(status, load["requests"])
            return load | {"memory_mb": relay.memory_mb()}

    def relay_end_to_end(self, answer):
        """Two copies of each report to an nginx that answers 200, until the last has been delivered."""
        folder = self.fresh()
        with nginx_sink(folder, answer) as sink:
            with self.relay(folder, {name: f"http://127.0.0.1:{sink.port}/{name}" for name in "ab"}) as relay:
                began = time.monotonic()
                load = self.load(relay.port)

                def settled():
                    routes = relay.status()["routes"]
                    return all(load["requests"] <= r["matched"] == r["delivered"] for r in routes)

                took = wait_until(settled, 60 + 20 * self.options.seconds, "every copy delivered", every=0.05) - began
                status = relay.status()
                self.check_received(status, load["requests"])
                copies = sink.requests()
                if copies < 2 * load["requests"]:
                    raise Failed(f"the relay says that all is delivered, but the sink got {copies} copies of {load['requests']} reports")
                return {
                    "per_second": load["requests"] / took,
                    "seconds": took,
                    "accepted": load,
                    "copies": copies,
                    "lag_ms": [r["lag_ms"] for r in status["routes"]],
                    "memory_mb": relay.memory_mb(),
                }

    def nginx_mirror(self, answer):
        """The same by nginx's `mirror`, counted at the sink."""
        folder = self.fresh()
        with nginx_sink(folder, answer) as sink, nginx_mirroring(folder, sink.port, "auto") as mirror:
            began = time.monotonic()
            load = self.load(mirror.port)
            took = wait_until(lambda: sink.requests() >= 2 * load["requests"], 60, "two copies of each report at the sink") - began
            return {"per_second": load["requests"] / took, "seconds": took, "accepted": load, "copies": sink.requests()}

    def steady(self, rate):
        """Reports at an even pace, two apps that get the same, and how long accepting and delivering took."""
        folder = self.fresh()
        program = self.options.relay
        with app(program, folder, "app-a") as a, app(program, folder, "app-b") as b:
            with self.relay(folder, {s.name: f"http://127.0.0.1:{s.port}/" for s in (a, b)}) as relay:
                provider = simulate(program, relay.url, rate, self.options.steady_seconds, seed=self.runs)
                wait_until(
                    lambda: all(r["matched"] == r["delivered"] for r in relay.status()["routes"]), 30, "every copy delivered", every=0.05
                )
                status, memory = relay.status(), relay.memory_mb()
            apps = [json.loads(s.stop()) for s in (a, b)]
        if not all(app["distinct"] for app in apps):
            raise Failed("an app got no copy at all")
        return {
            "rate": rate,
            "accepted_per_second": provider["accepted_per_second"],
            "accept_ms": provider["latency_ms"],
            # The slower of the two apps, as they saw it.
            "lag_ms": {q: max(app["lag_ms"][q] for app in apps) for q in ("p50", "p95", "p99")},
            "lag_ms_status": [r["lag_ms"] for r in status["routes"]],
            "repeats": sum(app["repeats"] for app in apps),
            "memory_mb": memory,
        }

    def relay(self, folder, urls, paused=False):
        # As many copies in flight to each app as nginx mirror has: one for each connection of the provider.
        return Relay(self.options.relay, folder, urls, self.options.connections, paused)

    @staticmethod
    def check_received(status, requests):
        received = status["received"]
        if received["reports"] < requests or received["unmatched"] or any(r["matched"] < requests for r in status["routes"]):
            raise Failed(f"{requests} reports were answered 200, but the relay counts {received}")


def fsync_ms(folder):
    """What one small durable write costs here, in the middle of 100."""
    path = os.path.join(folder, "fsync-probe")
    times = []
    with open(path, "wb", buffering=0) as f:
        for _ in range(100):
            f.write(bytes(4096))
            began = time.perf_counter()
            os.fdatasync(f.fileno())
            times.append(time.perf_counter() - began)
    os.remove(path)
    return statistics.median(times) * 1000


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return ((done.stdout or done.stderr).strip().splitlines() or ["?"])[0]


def options():
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("--relay", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rules-bench", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3, help="how often each measurement is made, in turns")
    parser.add_argument("--seconds", type=int, default=5, help="of load in each")
    parser.add_argument("--steady-seconds", type=int, default=10, help="of the runs at an even pace")
    parser.add_argument("--connections", type=int, default=32, help="of the provider, and copies in flight to each app")
    parser.add_argument("--quick", action="store_true", help="one short round: to see that it works, not to quote")
    parser.add_argument("--trouble-seconds", type=int, default=60, help="of reports for apps in trouble")
    parser.add_argument("--backlog", type=int, default=1_000_000, help="copies that wait for a dead app; 10000000 takes most of an hour")
    parser.add_argument("--routes", type=int, default=1_000, help="of the relay that is watched")
    parser.add_argument("--stored", type=int, default=1_000_000, help="copies in its store")
    parser.add_argument("--part", action="append", choices=PARTS, dest="parts", help="only this; may be given several times")
    chosen = parser.parse_args()
    chosen.parts = chosen.parts or list(PARTS)
    if chosen.quick:
        chosen.rounds, chosen.seconds, chosen.steady_seconds, chosen.trouble_seconds, chosen.backlog = 1, 2, 3, 5, 20_000
        chosen.stored = 20_000
    if min(chosen.rounds, chosen.seconds, chosen.steady_seconds, chosen.connections, chosen.trouble_seconds, chosen.backlog, chosen.stored) < 1 or chosen.routes < 2:
        parser.error("the numbers must be at least 1, and of routes at least 2")
    return chosen


def measure(chosen, folder):
    machine = {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "fsync_ms": fsync_ms(folder),
        "relay": first_line(chosen.relay, "--version"),
        "nginx": first_line("nginx", "-v").removeprefix("nginx version: "),
        "wrk": " ".join(first_line("wrk", "-v").split()[:2]),
    }
    measurements = Measurements(chosen, folder)
    used = {k: v for k, v in vars(chosen).items() if k not in ("relay", "rules_bench")}
    measured = {"measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": machine, "options": used}
    if "speed" in chosen.parts:
        measured["rounds"] = speed(chosen, measurements)
    if "trouble" in chosen.parts:
        measured["trouble"] = []
        for number in range(1, chosen.rounds + 1):
            tell(f"apps in trouble, round {number} of {chosen.rounds}: the healthy one alone, then beside three others")
            alone = trouble.healthy_alone(chosen, measurements.fresh())
            measured["trouble"].append({"alone": alone, "beside": trouble.beside_others(chosen, measurements.fresh())})
    if "backlog" in chosen.parts:
        # Numbers of runs that no other measurement has.
        runs = itertools.count(5000)
        tell("backlog: an empty queue")
        measured["backlog"] = backlog.with_empty_queue(chosen, measurements.fresh(), next(runs))
        tell(f"backlog: {chosen.backlog:,} waiting copies")
        measured["backlog"] |= backlog.with_long_queue(chosen, measurements.fresh(), runs)
    if "status" in chosen.parts:
        tell(f"status: {chosen.routes:,} routes, {chosen.stored:,} stored copies, and who watches them")
        measured["status"] = status.with_many_routes(chosen, measurements.fresh(), itertools.count(8000))
    if "rules" in chosen.parts:
        tell("rules: routing by 10, 1,000 and 10,000 routes, and loading 10,000")
        done = subprocess.run([chosen.rules_bench], capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"{chosen.rules_bench} failed: {done.stderr.strip()}")
        measured["rules"] = json.loads(done.stdout)
    return measured


def speed(chosen, measurements):
    in_turns = {
        "nginx_200": measurements.nginx_200,
        "relay_accepting": measurements.relay_accepting,
    }
    for suffix, answer in (("", ANSWER), ("_empty", EMPTY_ANSWER)):
        in_turns["nginx_mirror" + suffix] = lambda answer=answer: measurements.nginx_mirror(answer)
        in_turns["relay_end_to_end" + suffix] = lambda answer=answer: measurements.relay_end_to_end(answer)
    for rate in STEADY_RATES:
        in_turns[f"relay_steady_{rate}"] = lambda rate=rate: measurements.steady(rate)
    rounds = []
    for number in range(1, chosen.rounds + 1):
        rounds.append({})
        for name, run in in_turns.items():
            tell(f"round {number} of {chosen.rounds}: {name}")
            rounds[-1][name] = run()
    return rounds


def tell(what):
    print(what, file=sys.stderr, flush=True)


def main():
    chosen = options()
    # A signal ends the `with` blocks, and so everything that was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    scratch = os.path.join(ROOT, ".build-load")
    os.makedirs(scratch, exist_ok=True)
    folder = tempfile.mkdtemp(dir=scratch)
    try:
        measured = measure(chosen, folder)
    except Failed as failure:
        sys.exit(f"run.sh: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    measured["summary"] = results.summary(measured)
    measured["targets"] = results.targets(measured["summary"])
    path = os.path.join(HERE, "results", time.strftime("%Y%m%d-%H%M%S.json"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        json.dump(measured, f, indent=2)
    print(results.table(measured))
    print()
    print(json.dumps({k: measured[k] for k in ("machine", "options", "summary", "targets")}))
    print(f"every run: {os.path.relpath(path, ROOT)}", file=sys.stderr)


main()
