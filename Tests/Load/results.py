"""From the single runs to medians, ratios, and the targets that they are held to."""

from statistics import median

QUANTILES = ("p50", "p95", "p99")


def summary(rounds):
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

    peak = max(m["peak"] for m in summary["memory_mb"].values())
    return [
        held("accepted / nginx return 200", summary["accepted_ratio"], 0.35, 0.5, True),
        held("end to end / nginx mirror", summary["end_to_end_ratio"], 1.0, 2.0, True),
        held("lag p95 at 200/s, ms", summary["steady"]["200"]["lag_ms"]["p95"], 5.0, None, False),
        held("peak resident memory, MB", peak, 60.0, None, False),
    ]


def table(measured):
    s, machine, chosen = measured["summary"], measured["machine"], measured["options"]
    lines = [
        f"{machine['cores']} cores, fsync {machine['fsync_ms']:.2f} ms; {machine['relay']}, {machine['nginx']}, {machine['wrk']}",
        f"medians of {chosen['rounds']} rounds of {chosen['seconds']} s; wrk with 1 thread and {chosen['connections']} connections; "
        f"nginx with a worker a core, as the sink with 1",
        "",
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
    lines += ["", f"{'milliseconds':44}" + "".join(f"{q:>10}" for q in QUANTILES)]
    for rate, times in s["steady"].items():
        for what, words in (("accept_ms", "until answered 200"), ("lag_ms", "received to delivered")):
            lines.append(f"{f'{words}, at {int(rate):,}/s':44}" + "".join(f"{times[what][q]:>10.2f}" for q in QUANTILES))
    lines += ["", f"{'resident memory of the relay, MB':44}{'at the end':>12}{'peak':>9}"]
    for name, mb in s["memory_mb"].items():
        lines.append(f"{name.replace('_', ' '):44}{mb['now']:>12.1f}{mb['peak']:>9.1f}")
    lines += ["", f"{'targets':44}{'measured':>12}{'target':>9}{'':8}{'goal':>9}"]
    for t in measured["targets"]:
        verdict = "pass" if t["met"] else "MISS"
        goal = "" if t["goal"] is None else f"{t['goal']:>9.2f}{'  reached' if t['goal_met'] else '  not yet'}"
        lines.append(f"{t['name']:44}{t['value']:>12.2f}{t['target']:>9.2f}{verdict:>8}{goal}")
    return "\n".join(lines)
