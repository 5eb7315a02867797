"""What a long queue costs: an app is dead until a million copies wait for it, the relay is restarted, and the app returns."""

import os
import time

from servers import ANSWER, Failed, Relay, free_port, nginx_sink, wait_until, wrk


def with_empty_queue(options, folder, run):
    """How fast copies are delivered that nothing waits in front of."""
    port = free_port()
    with nginx_sink(folder, ANSWER, port), Relay(options.relay, folder, {"app": url(port)}, options.connections) as relay:
        began = time.monotonic()
        load = wrk(relay.port, options.seconds, options.connections, run)
        wait_until(lambda: relay.route("app")["delivered"] >= load["requests"], 600, "every copy delivered", every=0.05)
        return {"delivered_per_second": load["requests"] / (time.monotonic() - began)}


def with_long_queue(options, folder, runs):
    port = free_port()
    with Relay(options.relay, folder, {"app": url(port)}, options.connections) as relay:
        first = load(relay, options, runs)
        memory_before = relay.memory_mb()["now"]
        while relay.route("app")["pending"] < options.backlog:
            load(relay, options, runs)
        last = load(relay, options, runs)
        waiting = relay.route("app")["pending"]
        memory_after = relay.memory_mb()["now"]
        ready = relay.restart()
        if relay.route("app")["pending"] != waiting:
            raise Failed(f"{waiting} copies waited before the restart, and {relay.route('app')['pending']} after")
        drained = drain(relay, folder, port, waiting)
        return {
            "waiting": waiting,
            "store_mb": sum(os.path.getsize(f"{folder}/relay.db{end}") for end in ("", "-wal")) / 1e6,
            "accepted_at_first_per_second": first["per_second"],
            "accepted_at_last_per_second": last["per_second"],
            "memory_growth_mb": memory_after - memory_before,
            "ready_seconds": ready,
            **drained,
            "memory_mb": relay.memory_mb(),
        }


def drain(relay, folder, port, waiting):
    with nginx_sink(folder, ANSWER, port) as sink:
        wait_until(lambda: relay.route("app")["breaker"] == "closed", 330, "a probe of the app that returned")
        began, left = time.monotonic(), relay.route("app")["pending"]
        wait_until(lambda: relay.route("app")["pending"] == 0, 60 + waiting / 500, "every copy delivered", every=0.1)
        took = time.monotonic() - began
        if sink.requests() < waiting:
            raise Failed(f"the relay says that {waiting} copies are delivered, but the app got {sink.requests()}")
        return {"drained_per_second": left / took, "drain_failed_attempts": relay.route("app")["failed_attempts"]}


def load(relay, options, runs):
    return wrk(relay.port, options.seconds, options.connections, next(runs))


def url(port):
    return f"http://127.0.0.1:{port}/"
