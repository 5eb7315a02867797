import Model

/// The public door, and the store behind it.
extension PrometheusText {
  private static let bounds = BucketBounds([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5])

  func writeDoor(to out: inout Exposition) {
    out.single(
      "dlr_relay_public_door_up", .gauge, "1 if a connection to the public door was answered when this was asked for.",
      ifKnown: publicDoorAnswers.map { $0 ? 1 : 0 })

    let received = "dlr_relay_reports_received_total"
    out.head(received, .counter, "Requests with the right token that were answered 200, by what became of them.")
    out.sample(received, .none, ("result", "accepted"), max(0, standing.reports - standing.unmatched - standing.filtered))
    out.sample(received, .none, ("result", "duplicate"), standing.duplicates)
    out.sample(received, .none, ("result", "unmatched"), standing.unmatched)
    out.sample(received, .none, ("result", "filtered"), standing.filtered)
    out.sample(received, .none, ("result", "quarantined"), standing.quarantined.values.reduce(0, +))

    out.head("dlr_relay_quarantined_total", .counter, "Bodies that were no report and are kept, by what was wrong with them.")
    for reason in QuarantineReason.allCases {
      out.sample("dlr_relay_quarantined_total", .none, ("reason", reason.rawValue), standing.quarantined[reason] ?? 0)
    }

    out.head("dlr_relay_requests_rejected_total", .counter, "Requests that were refused, by reason.")
    let known = Refusal.allCases.map(\.rawValue)
    let others = standing.refused.keys.filter { !known.contains($0) }.sorted()
    for reason in known + others {
      out.sample("dlr_relay_requests_rejected_total", .none, ("reason", reason), standing.refused[reason] ?? 0)
    }

    out.head("dlr_relay_reports_not_stored_total", .counter, "Reports answered 503 because the store did not take them, by cause.")
    for kind in ["full", "overloaded", "late", "failed", "closed"] {
      out.sample("dlr_relay_reports_not_stored_total", .none, ("reason", kind), record.door.notStored[kind] ?? 0)
    }

    out.single(
      "dlr_relay_last_report_timestamp_seconds", .gauge, "When the last report came, in Unix time; absent before the first.",
      ifKnown: standing.lastReportAt?.unixSeconds)

    let used = "dlr_relay_token_last_used_timestamp_seconds"
    out.head(used, .gauge, "When a request last brought the token with this label, in Unix time; absent if none has since the start.")
    for token in tokens {
      if let at = token.lastUsedAt { out.sample(used, .none, ("token", token.label), at.unixSeconds) }
    }

    let turnedAway = "dlr_relay_status_refused_total"
    out.head(turnedAway, .counter, "Requests at the operator's door that its gate turned away, by reason.")
    for reason in GateRefusal.allCases { out.sample(turnedAway, .none, ("reason", reason.rawValue), record.gate[reason] ?? 0) }

    let accept = "dlr_relay_accept_duration_seconds"
    out.head(accept, .histogram, "From the first byte of a request to its 200, with the commit between them.")
    out.histogram(accept, .none, record.door.accept, Self.bounds)
  }

  func writeStore(to out: inout Exposition) {
    out.single(
      "dlr_relay_store_writable", .gauge, "1 if the last commit succeeded; while it is 0 reports are answered 503.",
      ifKnown: isStoreWritable.map { $0 ? 1 : 0 })
    out.single("dlr_relay_store_bytes", .gauge, "Size of the store's files.", Double(standing.bytes))
    out.single(
      "dlr_relay_store_disk_free_bytes", .gauge, "Free space of the file system that the store is on, as far as the relay may use it.",
      ifKnown: disk.map { Double($0.free) })
    out.single("dlr_relay_store_disk_size_bytes", .gauge, "Size of that file system.", ifKnown: disk.map { Double($0.total) })
    out.single(
      "dlr_relay_store_swept_rows_total", .counter, "Rows that were deleted for their age (`store.retention`).",
      Double(record.store.sweptRows))
    out.single(
      "dlr_relay_commit_failures_total", .counter, "Transactions that failed; nothing in them was answered 200.",
      Double(record.store.failedCommits))

    let duration = "dlr_relay_commit_duration_seconds"
    out.head(duration, .histogram, "One transaction, from BEGIN to the end of fsync.")
    out.histogram(duration, .none, record.store.commit, Self.bounds)

    let size = "dlr_relay_commit_batch_size"
    let batches = record.store.batches
    out.head(size, .histogram, "Reports and results of deliveries in one transaction.")
    var total = 0
    for (bound, count) in zip(BatchSizes.bounds, batches.buckets) {
      total += count
      out.bucket(size, .none, String(bound), total)
    }
    total += batches.buckets.last ?? 0
    out.bucket(size, .none, "+Inf", total)
    out.sample(size + "_sum", batches.sum)
    out.sample(size + "_count", total)

    let jobs = "dlr_relay_jobs_in_progress"
    out.head(jobs, .gauge, "Replays, discards, reroutes and readings of the quarantine that are not done (dlr-relay queue jobs).")
    if let running = self.jobs {
      for kind in QueueJob.Kind.allCases {
        out.sample(jobs, .none, ("kind", kind.rawValue), running.count { $0.kind == kind })
      }
    }
  }
}
