"""What watching costs: a thousand routes, a million stored deliveries, and somebody who asks every second."""

import socket
import threading
import time

from servers import PATH, TOKEN, Failed, Relay, wrk

WATCHED = ("/status.json", "/metrics")
ANSWERS = 100
EVENT_STREAMS = 2
# Nobody looks; both are asked once a second; and pages are open besides.
WATCHERS = ("alone", "asked", "open")


def with_many_routes(options, folder, runs):
    with Relay(options.relay, folder, many(options.routes), options.connections, paused=True, wanting=2) as relay:
        one_for_each(relay, options.routes)
        while sum(r["matched"] for r in relay.status()["routes"]) < options.stored:
            wrk(relay.port, options.seconds, options.connections, next(runs))
        answers = {path: answer_times(relay.status_port, path) for path in WATCHED}
        rounds = []
        for number in range(options.rounds):
            # In turns, and each time another one first: each leaves the store a little larger.
            turn = number % len(WATCHERS)
            rounds.append({which: load(relay, options, next(runs), which) for which in WATCHERS[turn:] + WATCHERS[:turn]})
        return {"routes": options.routes, "deliveries": sum(r["matched"] for r in relay.status()["routes"]), "answers": answers, "rounds": rounds}


def many(count):
    return {f"route-{number:04}": f"http://127.0.0.1:9/{number}" for number in range(count)}


def one_for_each(relay, count):
    """Something waits for every route, so that the oldest of each has to be found."""
    report = '{"report":{"id":%d,"packet_id":1,"status":"delivered","to":"+905051234567","body":"@route-%04d"}}'
    with socket.create_connection(("127.0.0.1", relay.port), timeout=30) as s:
        for number in range(count):
            body = report % (number + 1, number)
            s.sendall(f"POST {PATH}?token={TOKEN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
            if b" 200 " not in s.recv(1 << 16).split(b"\r\n", 1)[0]:
                raise Failed("a report was not answered 200")


def answer_times(port, path):
    """Milliseconds from the request to the last byte, one after the other on one connection."""
    times, size = [], 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as s:
        for _ in range(ANSWERS):
            began = time.perf_counter()
            size = ask(s, path)
            times.append((time.perf_counter() - began) * 1000)
    times.sort()
    return {"p50_ms": times[len(times) // 2], "p95_ms": times[int(len(times) * 0.95)], "bytes": size}


def ask(s, path):
    """The answer's length. Without a library, since parsing would be measured too."""
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        part = s.recv(1 << 20)
        if not part:
            raise Failed(f"{path} was not answered")
        head += part
    head, body = head.split(b"\r\n\r\n", 1)
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise Failed(f"{path} answered {head[:100]!r}")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    left = length - len(body)
    while left > 0:
        part = s.recv(min(left, 1 << 20))
        if not part:
            raise Failed(f"{path} was cut off")
        left -= len(part)
    return length


def load(relay, options, run, watchers):
    if watchers == "alone":
        return wrk(relay.port, options.seconds, options.connections, run) | {"asked": 0, "events_bytes": 0}
    stop, counts, troubles = threading.Event(), {"asked": 0, "events_bytes": 0}, []

    def guarded(work):
        def run_it():
            try:
                work()
            except (OSError, Failed) as trouble:
                troubles.append(str(trouble))

        return run_it

    def ask_every_second():
        with socket.create_connection(("127.0.0.1", relay.status_port), timeout=30) as s:
            while not stop.is_set():
                for path in WATCHED:
                    ask(s, path)
                    counts["asked"] += 1
                stop.wait(1)

    def watch_page():
        with socket.create_connection(("127.0.0.1", relay.status_port), timeout=1) as s:
            s.sendall(b"GET /status/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n")
            while not stop.is_set():
                try:
                    part = s.recv(1 << 16)
                except TimeoutError:
                    continue
                if not part:
                    raise Failed("the stream of events ended")
                counts["events_bytes"] += len(part)

    threads = [threading.Thread(target=guarded(work)) for work in [ask_every_second] + [watch_page] * (EVENT_STREAMS if watchers == "open" else 0)]
    for thread in threads:
        thread.start()
    try:
        result = wrk(relay.port, options.seconds, options.connections, run)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if troubles:
        raise Failed(f"watching failed: {troubles[0]}")
    return result | counts
