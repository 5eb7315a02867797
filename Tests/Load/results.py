"""From the single runs to medians, ratios, and the targets that they are held to."""

from statistics import median

QUANTILES = ("p50", "p95", "p99")


def summary(measured):
    parts = {}
    if "rounds" in measured:
        parts["speed"] = speed(measured["rounds"])
    if "trouble" in measured:
        parts["trouble"] = in_trouble(measured["trouble"])
    if "backlog" in measured:
        parts["backlog"] = with_backlog(measured["backlog"])
    if "rules" in measured:
        parts["rules"] = measured["rules"]
    if "status" in measured:
        parts["status"] = watched(measured["status"])
    return parts


def watched(measured):
    rounds = measured["rounds"]
    return {k: measured[k] for k in ("routes", "deliveries", "answers")} | {
        which + "_per_second": median(r[which]["per_second"] for r in rounds) for which in ("alone", "asked", "open")
    } | {
        "asked_ratio": median(r["asked"]["per_second"] / r["alone"]["per_second"] for r in rounds),
        "open_ratio": median(r["open"]["per_second"] / r["alone"]["per_second"] for r in rounds),
        "events_bytes": sum(r["open"]["events_bytes"] for r in rounds),
    }


def in_trouble(rounds):
    def middle(which):
        return {q: median(r[which]["lag_ms"][q] for r in rounds) for q in QUANTILES}

    # In each round first: a disk that is slow for a minute is slow for both.
    ratio = median(r["beside"]["lag_ms"]["p95"] / r["alone"]["lag_ms"]["p95"] for r in rounds)
    dead = [r["beside"]["dead"] for r in rounds]
    return {
        "alone_lag_ms": middle("alone"),
        "beside_lag_ms": middle("beside"),
        "lag_p95_ratio": ratio,
        "dead": {name: median(d[name] for d in dead) for name in ("waited", "seconds_until_found", "drained_per_second")}
        | {name: sum(d[name] for d in dead) for name in ("failed_attempts", "repeats")},
    }


def with_backlog(measured):
    return measured | {
        "accepted_ratio": measured["accepted_at_last_per_second"] / measured["accepted_at_first_per_second"],
        "drained_ratio": measured["drained_per_second"] / measured["delivered_per_second"],
    }


def speed(rounds):
    def middle(value):
        return median(value(r) for r in rounds)

    def ratio(ours, theirs):
        # In each round first, because the two ran one after the other: what slows the machine down for a while slows both.
        return middle(lambda r: ours(r) / theirs(r))

    accepting = lambda r: r["relay_accepting"]["per_second"]
    accepting_live = lambda r: r["relay_end_to_end"]["accepted"]["per_second"]
    nginx_200 = lambda r: r["nginx_200"]["per_second"]
    end_to_end = lambda r: r["relay_end_to_end"]["per_second"]
    mirror = lambda r: r["nginx_mirror"]["per_second"]
    end_to_end_empty = lambda r: r["relay_end_to_end_empty"]["per_second"]
    mirror_empty = lambda r: r["nginx_mirror_empty"]["per_second"]
    steady = [name for name in rounds[0] if name.startswith("relay_steady_")]
    with_memory = ["relay_accepting", "relay_end_to_end", "relay_end_to_end_empty", *steady]
    return {
        "nginx_200_per_second": middle(nginx_200),
        "accepted_per_second": middle(accepting),
        "accepted_while_delivering_per_second": middle(accepting_live),
        "accepted_ratio": ratio(accepting, nginx_200),
        "accepted_while_delivering_ratio": ratio(accepting_live, nginx_200),
        "accept_p99_ms": middle(lambda r: r["relay_accepting"]["p99_ms"]),
        "nginx_mirror_per_second": middle(mirror),
        "end_to_end_per_second": middle(end_to_end),
        "end_to_end_ratio": ratio(end_to_end, mirror),
        "nginx_mirror_empty_per_second": middle(mirror_empty),
        "end_to_end_empty_per_second": middle(end_to_end_empty),
        "end_to_end_empty_ratio": ratio(end_to_end_empty, mirror_empty),
        "steady": {
            str(rounds[0][name]["rate"]): {
                what: {q: middle(lambda r: r[name][what][q]) for q in QUANTILES} for what in ("accept_ms", "lag_ms")
            }
            for name in steady
        },
        "memory_mb": {
            name: {when: max(r[name]["memory_mb"][when] for r in rounds) for when in ("now", "peak")} for name in with_memory
        },
    }


def targets(summary):
    def held(name, value, target, goal, at_least):
        def meets(bound):
            return None if bound is None else (value >= bound if at_least else value <= bound)

        return {"name": name, "value": value, "target": target, "met": meets(target), "goal": goal, "goal_met": meets(goal)}

    held_to = []
    if speed := summary.get("speed"):
        peak = max(m["peak"] for m in speed["memory_mb"].values())
        held_to += [
            held("accepted / nginx return 200", speed["accepted_ratio"], 0.35, 0.5, True),
            held("end to end / nginx mirror", speed["end_to_end_ratio"], 1.0, 2.0, True),
            held("lag p95 at 200/s, ms", speed["steady"]["200"]["lag_ms"]["p95"], 5.0, None, False),
            held("peak resident memory, MB", peak, 60.0, None, False),
        ]
    if trouble := summary.get("trouble"):
        held_to += [
            held("lag p95 beside apps in trouble / alone", trouble["lag_p95_ratio"], 1.5, None, False),
            held("failed attempts after the dead app's return", trouble["dead"]["failed_attempts"], 0, None, False),
        ]
    if backlog := summary.get("backlog"):
        held_to += [
            held("accepted before a long queue / a short one", backlog["accepted_ratio"], 0.8, None, True),
            held("memory that the long queue takes, MB", backlog["memory_growth_mb"], 30.0, None, False),
            held("seconds from start to ready with it", backlog["ready_seconds"], 2.0, None, False),
            held("drained / delivered with an empty queue", backlog["drained_ratio"], 0.8, None, True),
        ]
    if rules := summary.get("rules"):
        held_to += [
            held("routing by 10,000 routes / by 10", rules["ratio"], 1.5, None, False),
            held("seconds to load 10,000 routes", rules["load_seconds"], 1.0, None, False),
        ]
    if status := summary.get("status"):
        held_to += [held(f"{path} median, ms", answer["p50_ms"], 100.0, None, False) for path, answer in status["answers"].items()]
        held_to += [held("accepted while both are asked / alone", status["asked_ratio"], 0.95, None, True)]
    return held_to


def table(measured):
    machine, parts = measured["machine"], measured["summary"]
    lines = [f"{machine['cores']} cores, fsync {machine['fsync_ms']:.2f} ms; {machine['relay']}, {machine['nginx']}, {machine['wrk']}", ""]
    if "speed" in parts:
        lines += speed_table(parts["speed"], measured["options"])
    if "trouble" in parts:
        lines += trouble_table(parts["trouble"], measured["options"])
    if "backlog" in parts:
        lines += backlog_table(parts["backlog"])
    if "rules" in parts:
        lines += rules_table(parts["rules"])
    if "status" in parts:
        lines += status_table(parts["status"])
    lines += [f"{'targets':44}{'measured':>12}{'target':>9}{'':8}{'goal':>9}"]
    for t in measured["targets"]:
        verdict = "pass" if t["met"] else "MISS"
        goal = "" if t["goal"] is None else f"{t['goal']:>9.2f}{'  reached' if t['goal_met'] else '  not yet'}"
        lines.append(f"{t['name']:44}{t['value']:>12.2f}{t['target']:>9.2f}{verdict:>8}{goal}")
    return "\n".join(lines)


def speed_table(s, chosen):
    lines = [
        f"medians of {chosen['rounds']} rounds of {chosen['seconds']} s; wrk with 1 thread and {chosen['connections']} connections; "
        f"nginx with a worker a core, as the sink with 1",
        f"{'':44}{'reports/s':>12}{'ratio':>9}",
    ]

    def row(name, rate, ratio=None):
        lines.append(f"{name:44}{rate:>12,.0f}" + (f"{ratio:>9.2f}" if ratio is not None else ""))

    row("nginx return 200, stores nothing", s["nginx_200_per_second"])
    row("relay accepts, fsynced, two copies owed", s["accepted_per_second"], s["accepted_ratio"])
    row("relay accepts while it delivers", s["accepted_while_delivering_per_second"], s["accepted_while_delivering_ratio"])
    row("nginx mirror, two copies, stores nothing", s["nginx_mirror_per_second"])
    row("relay end to end, two copies delivered", s["end_to_end_per_second"], s["end_to_end_ratio"])
    row("nginx mirror, apps that answer no body", s["nginx_mirror_empty_per_second"])
    row("relay end to end, the same apps", s["end_to_end_empty_per_second"], s["end_to_end_empty_ratio"])
    lines += ["", milliseconds()]
    for rate, times in s["steady"].items():
        for what, words in (("accept_ms", "until answered 200"), ("lag_ms", "received to delivered")):
            lines.append(quantiles(f"{words}, at {int(rate):,}/s", times[what]))
    lines += ["", f"{'resident memory of the relay, MB':44}{'at the end':>12}{'peak':>9}"]
    for name, mb in s["memory_mb"].items():
        lines.append(f"{name.replace('_', ' '):44}{mb['now']:>12.1f}{mb['peak']:>9.1f}")
    return [*lines, ""]


def trouble_table(t, chosen):
    dead = t["dead"]
    return [
        f"a healthy app beside one that is dead, one that never answers and one that fails half",
        f"500 reports/s for {chosen['trouble_seconds']} s, medians of {chosen['rounds']} rounds",
        milliseconds(),
        quantiles("received to delivered, the healthy app alone", t["alone_lag_ms"]),
        quantiles("the same beside the others", t["beside_lag_ms"]),
        f"the dead one returned: found after {dead['seconds_until_found']:.1f} s, {dead['waited']:,} copies drained at "
        f"{dead['drained_per_second']:,.0f}/s, {dead['failed_attempts']} attempts failed, {dead['repeats']} repeats",
        "",
    ]


def status_table(s):
    lines = [f"{s['routes']:,} routes and {s['deliveries']:,} stored copies", f"{'':44}{'p50 ms':>12}{'p95 ms':>9}{'kB':>9}"]
    for path, a in s["answers"].items():
        lines.append(f"{path:44}{a['p50_ms']:>12.1f}{a['p95_ms']:>9.1f}{a['bytes'] / 1000:>9,.0f}")
    return lines + [
        f"{'reports/s accepted alone':44}{s['alone_per_second']:>12,.0f}",
        f"{'the same while both are asked each second':44}{s['asked_per_second']:>12,.0f}{s['asked_ratio']:>9.2f}",
        f"{'and two pages are open besides':44}{s['open_per_second']:>12,.0f}{s['open_ratio']:>9.2f}",
        "",
    ]


def rules_table(r):
    lines = [f"routing a report{'':28}{'ns':>12}"]
    for routes, nanoseconds in sorted(r["nanoseconds_per_report"].items(), key=lambda item: int(item[0])):
        lines.append(f"{f'by {int(routes):,} routes':44}{nanoseconds:>12,.0f}")
    return [*lines, f"a file of 10,000 routes, {r['file_bytes'] / 2**20:.1f} MiB, loads in {r['load_seconds']:.2f} s", ""]


def backlog_table(b):
    lines = [f"{b['waiting']:,} copies wait for a dead app; the store has {b['store_mb']:,.0f} MB", f"{'':44}{'reports/s':>12}{'ratio':>9}"]
    for name, rate, ratio in (
        ("accepted while the queue is short", b["accepted_at_first_per_second"], None),
        ("accepted while it is long", b["accepted_at_last_per_second"], b["accepted_ratio"]),
        ("delivered with an empty queue", b["delivered_per_second"], None),
        ("drained when the app returns", b["drained_per_second"], b["drained_ratio"]),
    ):
        lines.append(f"{name:44}{rate:>12,.0f}" + (f"{ratio:>9.2f}" if ratio is not None else ""))
    return [*lines, ""]


def milliseconds():
    return f"{'milliseconds':44}" + "".join(f"{q:>10}" for q in QUANTILES)


def quantiles(name, times):
    return f"{name:44}" + "".join(f"{times[q]:>10.2f}" for q in QUANTILES)
