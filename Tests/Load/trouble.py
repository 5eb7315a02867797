"""What apps in trouble cost the others: one is dead, one never answers, one fails half of the time, one is healthy."""

import json
import time

from servers import Failed, Relay, app, free_port, simulate, wait_until

RATE = 500


def healthy_alone(options, folder):
    """The healthy app's lag when there is nobody else."""
    with app(options.relay, folder, "healthy") as healthy:
        with Relay(options.relay, folder, {"healthy": url(healthy.port)}, options.connections) as relay:
            provider = simulate(options.relay, relay.url, RATE, options.trouble_seconds, seed=1)
            drained(relay, "healthy", 60)
        return seen(healthy) | {"accepted_per_second": provider["accepted_per_second"]}


def beside_others(options, folder):
    """The same reports, with the other three; then the dead one returns and gets what waited."""
    dead_port = free_port()
    with app(options.relay, folder, "healthy") as healthy, app(options.relay, folder, "half", "--fail", "0.5") as half:
        with app(options.relay, folder, "hanging", "--hang") as hanging:
            apps = {"dead": dead_port, "hanging": hanging.port, "half": half.port, "healthy": healthy.port}
            urls = {name: url(port) for name, port in apps.items()}
            with Relay(options.relay, folder, urls, options.connections) as relay:
                provider = simulate(options.relay, relay.url, RATE, options.trouble_seconds, seed=1)
                drained(relay, "healthy", 60)
                healthy_seen = seen(healthy)
                returned = dead_returns(options, folder, relay, dead_port)
    return healthy_seen | {"accepted_per_second": provider["accepted_per_second"], "dead": returned}


def dead_returns(options, folder, relay, port):
    before = relay.route("dead")
    with app(options.relay, folder, "dead", port=port) as dead:
        began = time.monotonic()
        # The next probe comes within five minutes of an outage's last one.
        wait_until(lambda: relay.route("dead")["breaker"] == "closed", 330, "a probe of the app that returned")
        found = time.monotonic() - began
        drained(relay, "dead", 600)
        took = time.monotonic() - began - found
        after, counted = relay.route("dead"), json.loads(dead.stop())
    if after["delivered"] - before["delivered"] > counted["requests"]:
        raise Failed(f"the relay says that more was delivered than the app got: {after} {counted}")
    return {
        "waited": before["pending"],
        "seconds_until_found": found,
        "drained_per_second": before["pending"] / max(took, 0.001),
        "failed_attempts": after["failed_attempts"] - before["failed_attempts"],
        "repeats": counted["repeats"],
    }


def drained(relay, name, seconds):
    wait_until(lambda: relay.route(name)["pending"] == 0, seconds, f"every copy of {name} delivered", every=0.05)


def seen(server):
    counted = json.loads(server.stop())
    if not counted["distinct"] or counted["order_violations"]:
        raise Failed(f"{server.name} saw what it should not: {counted}")
    return {"lag_ms": counted["lag_ms"], "copies": counted["distinct"]}


def url(port):
    return f"http://127.0.0.1:{port}/"
