import Model

/// One scrape: all that the relay counts, as Prometheus text.
///
/// Counters of reports, refusals and deliveries come from the store and go on over restarts; histograms and attempts begin
/// with the process, which Prometheus takes for an ordinary counter reset.
package struct PrometheusText {
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private static let commitBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
  private static let acceptBounds = commitBounds
  /// From a local app to one that was down for days.
  private static let lagBounds = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 300, 900, 3_600, 21_600, 86_400, 259_200,
  ]

  package var version: String
  package var now: Instant
  package var standing: Standing
  package var gauges: [LaneGauge]
  /// Lanes to which nothing is sent, and why.
  package var pauses: [LaneID: PauseCause]
  /// nil if the store could not tell; then the family has no samples.
  package var oldestWaiting: [LaneID: Instant]?
  package var record: Record
  /// Of the rule file in force.
  package var configLoadedAt: Instant?
  package var libraries: PrometheusFactory?

  package init(
    version: String, now: Instant, standing: Standing, gauges: [LaneGauge], pauses: [LaneID: PauseCause] = [:],
    oldestWaiting: [LaneID: Instant]?, record: Record, configLoadedAt: Instant? = nil, libraries: PrometheusFactory? = nil
  ) {
    self.configLoadedAt = configLoadedAt
    self.version = version
    self.now = now
    self.standing = standing
    self.gauges = gauges
    self.pauses = pauses
    self.oldestWaiting = oldestWaiting
    self.record = record
    self.libraries = libraries
  }

  package var text: String {
    var out = Exposition()
    out.head("dlr_relay_build_info", .gauge, "Always 1; the label is the version of the relay.")
    out.sample("dlr_relay_build_info", [("version", version)], 1)
    writeFile(to: &out)
    writeDoor(to: &out)
    writeStore(to: &out)
    writeDeliveries(to: &out)
    writeLanes(to: &out)
    libraries?.write(to: &out)
    return out.text
  }

  private func writeFile(to out: inout Exposition) {
    let reloads = "dlr_relay_config_reloads_total"
    out.head(reloads, .counter, "Readings of the rule file while the relay runs, by what became of it.")
    out.sample(reloads, [("result", "taken")], record.file.taken)
    out.sample(reloads, [("result", "refused")], record.file.refused)
    out.single(
      "dlr_relay_config_last_reload_successful", .gauge, "0 while a newer rule file than the one in force was refused.",
      record.file.isLastTaken ? 1 : 0)
    out.head("dlr_relay_config_loaded_timestamp_seconds", .gauge, "When the rule file in force was read, in Unix time.")
    if let loadedAt = configLoadedAt {
      out.sample("dlr_relay_config_loaded_timestamp_seconds", [], Double(loadedAt.microseconds) / 1_000_000)
    }
  }

  private func writeDoor(to out: inout Exposition) {
    let received = "dlr_relay_reports_received_total"
    out.head(received, .counter, "Requests with the right token that were answered 200, by what became of them.")
    out.sample(received, [("result", "accepted")], max(0, standing.reports - standing.unmatched - standing.filtered))
    out.sample(received, [("result", "duplicate")], standing.duplicates)
    out.sample(received, [("result", "unmatched")], standing.unmatched)
    out.sample(received, [("result", "filtered")], standing.filtered)
    out.sample(received, [("result", "quarantined")], standing.quarantined.values.reduce(0, +))

    out.head("dlr_relay_quarantined_total", .counter, "Bodies that were no report and are kept, by what was wrong with them.")
    for reason in QuarantineReason.allCases {
      out.sample("dlr_relay_quarantined_total", [("reason", reason.rawValue)], standing.quarantined[reason] ?? 0)
    }

    out.head("dlr_relay_requests_rejected_total", .counter, "Requests that were refused, by reason.")
    let known = Refusal.allCases.map(\.rawValue)
    let others = standing.refused.keys.filter { !known.contains($0) }.sorted()
    for reason in known + others {
      out.sample("dlr_relay_requests_rejected_total", [("reason", reason)], standing.refused[reason] ?? 0)
    }

    out.head("dlr_relay_reports_not_stored_total", .counter, "Reports answered 503 because the store did not take them, by cause.")
    for kind in ["full", "overloaded", "failed", "closed"] {
      out.sample("dlr_relay_reports_not_stored_total", [("reason", kind)], record.door.notStored[kind] ?? 0)
    }

    out.head("dlr_relay_last_report_timestamp_seconds", .gauge, "When the last report came, in Unix time; absent before the first.")
    if let last = standing.lastReportAt {
      out.sample("dlr_relay_last_report_timestamp_seconds", [], Double(last.microseconds) / 1_000_000)
    }

    let accept = "dlr_relay_accept_duration_seconds"
    out.head(accept, .histogram, "From the first byte of a request to its 200, with the commit between them.")
    out.histogram(accept, [], record.door.accept, bounds: Self.acceptBounds)
  }

  private func writeStore(to out: inout Exposition) {
    out.single("dlr_relay_store_bytes", .gauge, "Size of the store's files.", Double(standing.bytes))
    out.single(
      "dlr_relay_commit_failures_total", .counter, "Transactions that failed; nothing in them was answered 200.",
      Double(record.store.failedCommits))

    let duration = "dlr_relay_commit_duration_seconds"
    out.head(duration, .histogram, "One transaction, from BEGIN to the end of fsync.")
    out.histogram(duration, [], record.store.commit, bounds: Self.commitBounds)

    let size = "dlr_relay_commit_batch_size"
    let batches = record.store.batches
    out.head(size, .histogram, "Reports and results of deliveries in one transaction.")
    var total = 0
    for (bound, count) in zip(BatchSizes.bounds, batches.buckets) {
      total += count
      out.sample(size + "_bucket", [("le", String(bound))], total)
    }
    total += batches.buckets.last ?? 0
    out.sample(size + "_bucket", [("le", "+Inf")], total)
    out.sample(size + "_sum", [], batches.sum)
    out.sample(size + "_count", [], total)
  }

  private func writeDeliveries(to out: inout Exposition) {
    out.head("dlr_relay_deliveries_total", .counter, "Copies that came to their end: taken by the app, given up, or discarded.")
    for lane in standing.lanes {
      out.sample("dlr_relay_deliveries_total", [("route", lane.name), ("result", "delivered")], lane.delivered)
      out.sample("dlr_relay_deliveries_total", [("route", lane.name), ("result", "dead")], lane.dead)
      out.sample("dlr_relay_deliveries_total", [("route", lane.name), ("result", "discarded")], lane.discarded)
    }

    out.head("dlr_relay_stale_dropped_total", .counter, "Copies not owed, since a final status came first.")
    for lane in standing.lanes { out.sample("dlr_relay_stale_dropped_total", [("route", lane.name)], lane.staleDropped) }

    out.head("dlr_relay_attempts_total", .counter, "Attempts to deliver, by how they ended: an HTTP class, or why there was no answer.")
    for lane in standing.lanes {
      for (outcome, count) in record.lanes[lane.id]?.attempts.byLabel ?? [] {
        out.sample("dlr_relay_attempts_total", [("route", lane.name), ("outcome", outcome)], count)
      }
    }

    out.head("dlr_relay_delivery_lag_seconds", .histogram, "From a report's arrival to the app's 2xx.")
    for lane in standing.lanes {
      let lag = record.lanes[lane.id]?.lag ?? Histogram()
      out.histogram("dlr_relay_delivery_lag_seconds", [("route", lane.name)], lag, bounds: Self.lagBounds)
    }
  }

  private func writeLanes(to out: inout Exposition) {
    let gauges = Dictionary(self.gauges.map { ($0.lane, $0) }) { _, last in last }
    out.head("dlr_relay_pending", .gauge, "Copies that wait or are in flight.")
    for lane in standing.lanes { out.sample("dlr_relay_pending", [("route", lane.name)], lane.pending) }

    out.head("dlr_relay_oldest_pending_age_seconds", .gauge, "Age of the oldest copy that waits; 0 if none does.")
    for lane in standing.lanes {
      guard let oldestWaiting else { break }
      let age = oldestWaiting[lane.id].map { max(0, (now - $0).seconds) } ?? 0
      out.sample("dlr_relay_oldest_pending_age_seconds", [("route", lane.name)], age)
    }

    out.head("dlr_relay_in_flight", .gauge, "Copies sent and not answered yet.")
    for lane in standing.lanes {
      if let gauge = gauges[lane.id] { out.sample("dlr_relay_in_flight", [("route", lane.name)], gauge.inFlight) }
    }

    out.head("dlr_relay_window", .gauge, "Copies that may be in flight at once: the route's `concurrency`, or fewer.")
    for lane in standing.lanes {
      if let gauge = gauges[lane.id] { out.sample("dlr_relay_window", [("route", lane.name)], gauge.window) }
    }

    out.head("dlr_relay_breaker_state", .gauge, "1 for the state the breaker is in, 0 for the others. Open: the app fails, and is probed.")
    for lane in standing.lanes {
      guard let gauge = gauges[lane.id] else { continue }
      for state in [Breaker.State.closed, .open, .probing] {
        out.sample("dlr_relay_breaker_state", [("route", lane.name), ("state", state.rawValue)], gauge.breaker == state ? 1 : 0)
      }
    }

    out.head("dlr_relay_paused", .gauge, "1 for the reason why nothing is sent to the route, 0 for the others.")
    for lane in standing.lanes {
      for cause in PauseCause.allCases {
        out.sample("dlr_relay_paused", [("route", lane.name), ("reason", cause.rawValue)], pauses[lane.id] == cause ? 1 : 0)
      }
    }
  }
}
