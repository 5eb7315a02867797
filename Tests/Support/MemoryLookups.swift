import Model

/// What a person may look up in the tables. Pages are as long as was asked: a collection in memory has no rows to be spared.
extension MemoryTables {
  func search(_ search: ReportSearch) -> SearchPage {
    let limit = min(search.limit, Limits.reportsShownMax)
    guard limit > 0 else { return SearchPage(reports: [], next: nil, searchedBackTo: nil) }
    var found = reports.keys.filter { $0 < search.before ?? .max && isMeant($0, search) }.sorted(by: >)
    let isMore = found.count > limit
    found = Array(found.prefix(limit))
    let last = isMore ? found.last : nil
    return SearchPage(reports: found.map(record), next: last, searchedBackTo: last.map(cameAt))
  }

  private func cameAt(_ seq: Int64) -> Instant { reports[seq]!.readmittedAt ?? reports[seq]!.receivedAt }

  private func isMeant(_ seq: Int64, _ search: ReportSearch) -> Bool {
    let stored = reports[seq]!
    guard (search.since..<max(search.since, search.until)).contains(cameAt(seq)) else { return false }
    guard stored.key.id == search.reportID ?? stored.key.id, stored.destiny == search.destiny ?? stored.destiny else { return false }
    if let packetID = search.packetID, stored.packetID != packetID { return false }
    if let status = search.status, Array(stored.key.status.utf8) != Array(status.utf8) { return false }
    if search.lane != nil || search.state != nil {
      let lanes = standing.lanes.filter { search.lane == nil || $0.id == search.lane }
      guard lanes.contains(where: { share($0, seq).map { $0.state == search.state ?? $0.state } ?? false }) else { return false }
    }
    guard let matches = search.matches else { return true }
    return stored.payload.map(matches) ?? false
  }

  // MARK: - History

  mutating func sample(at now: Instant) {
    if samples[now.minute] == nil { samples[now.minute] = HistorySample(at: now.minute, of: standing) }
    samples = samples.filter { $0.key >= now.minute - Limits.historyKept && $0.key <= now.minute }
  }

  func history(since: Instant) -> [HistorySample] { samples.values.filter { $0.at >= since }.sorted { $0.at < $1.at } }
}
