import Foundation
import GRDB
import Model

/// Looks for reports, the newest first, a bounded part of the store at a time.
extension StoreReader {
  func search(_ search: ReportSearch, _ bounds: SearchBounds = SearchBounds()) throws(JournalError) -> SearchPage {
    let limit = min(search.limit, Limits.reportsShownMax)
    guard limit > 0, search.since < search.until else { return SearchPage(reports: [], next: nil, searchedBackTo: nil) }
    return try read { db in
      var page = SearchPage(reports: [], next: nil, searchedBackTo: nil)
      guard var walk = try SearchWalk(db, search) else { return page }
      var look = try SearchLook(db, search)
      var found: [Row] = []
      // What the walk began with costs a row for each queue, which is not of this page's share: each page gets further.
      let beganWith = walk.rows
      while let candidate = try walk.next() {
        if let row = try look.found(candidate) { found.append(row) }
        let isSpent = walk.rows - beganWith + look.probes >= bounds.rows || look.bytes >= bounds.bytes
        guard found.count == limit || isSpent else { continue }
        if !walk.isOver { (page.next, page.searchedBackTo) = (candidate.seq, look.cameAt) }
        break
      }
      page.reports = try ReportRecord.all(db, found)
      return page
    }
  }
}

/// Whether a candidate is what somebody looks for: what costs least is asked first, its bytes last.
struct SearchLook {
  private let db: Database
  private let search: ReportSearch
  private let lanes: [LaneLoad]
  /// Of the last candidate that was there.
  private(set) var cameAt: Instant?
  /// Queues that were looked into.
  private(set) var probes = 0
  /// Read so far.
  private(set) var bytes = 0

  init(_ db: Database, _ search: ReportSearch) throws {
    (self.db, self.search) = (db, search)
    lanes = search.state == nil || search.lane != nil ? [] : try LaneLoad.all(db)
  }

  /// - Returns: its row of `report` with that of `payload`; nil if it is not meant.
  mutating func found(_ candidate: SearchWalk.Candidate) throws -> Row? {
    let statement = try db.cachedStatement(sql: Self.reportSQL)
    guard let row = try Row.fetchOne(statement, arguments: [candidate.seq]) else { return nil }
    let cameAt = Instant(microseconds: row["came_at"])
    self.cameAt = cameAt
    guard cameAt >= search.since, cameAt < search.until, isMeant(row), try hasCopy(candidate) else { return nil }
    let whole = try Row.fetchOne(db.cachedStatement(sql: ReportRecord.wholeSQL), arguments: [candidate.seq])!
    let payload = ReportRecord.payload(whole)
    bytes += payload?.bytes.count ?? 0
    if let matches = search.matches {
      guard let payload, matches(payload) else { return nil }
    }
    return whole
  }

  private func isMeant(_ row: Row) -> Bool {
    if let packetID = search.packetID, row["packet_id"] as Int64? != packetID { return false }
    if let destiny = search.destiny, row["destiny"] != destiny.rawValue { return false }
    // Byte by byte: String compares by canonical equivalence.
    if let status = search.status, !status.utf8.elementsEqual((row["status"] as String).utf8) { return false }
    return true
  }

  /// True if a copy stands as asked, or if nothing was asked of copies.
  private mutating func hasCopy(_ candidate: SearchWalk.Candidate) throws -> Bool {
    guard search.lane != nil || search.state != nil else { return true }
    for lane in try lanesOf(candidate) {
      probes += 1
      let statement = try db.cachedStatement(sql: Self.stateSQL)
      let state = try String.fetchOne(statement, arguments: [lane, candidate.seq]).map { DeliveryState(rawValue: $0)! }
      if let state, search.state ?? state == state { return true }
    }
    return false
  }

  private mutating func lanesOf(_ candidate: SearchWalk.Candidate) throws -> [Int] {
    if let lane = search.lane { return [lane.number] }
    if !candidate.lanes.isEmpty { return candidate.lanes }
    switch search.state! {
    case .waiting: return lanes.filter { $0.pending > 0 }.map(\.lane)
    case .dead: return lanes.filter { $0.dead > 0 }.map(\.lane)
    case .delivered: return try Int.fetchAll(db.cachedStatement(sql: Self.lanesDoneSQL), arguments: [candidate.seq])
    }
  }

  static let reportSQL = """
    SELECT packet_id, destiny, status, coalesce(readmitted_at, received_at) AS came_at FROM report WHERE seq = ?1
    """
  static let lanesDoneSQL = "SELECT lane FROM done WHERE seq = ?1"
  /// The first that is true, as `ReportRecord.Share` has it.
  static let stateSQL = """
    SELECT 'waiting' FROM ready WHERE lane = ?1 AND seq = ?2
    UNION ALL SELECT 'waiting' FROM retry WHERE lane = ?1 AND seq = ?2
    UNION ALL SELECT 'waiting' FROM replay WHERE lane = ?1 AND seq = ?2
    UNION ALL SELECT 'waiting' FROM held WHERE lane = ?1 AND seq = ?2
    UNION ALL SELECT 'dead' FROM dead WHERE lane = ?1 AND seq = ?2
    UNION ALL SELECT 'delivered' FROM done WHERE lane = ?1 AND seq = ?2
    LIMIT 1
    """
}
