import GRDB
import Model

/// The reports that a search may mean, the newest first: those of the index that holds the fewest others.
///
/// Several indexes are walked at once where only together they have all. Each step is one probe: the next seq below the present one.
struct SearchWalk {
  struct Candidate: Equatable {
    var seq: Int64
    /// The lanes in whose queue it was found, if it was found so.
    var lanes: [Int]
  }

  private struct Source {
    var sql: String
    /// The lane of a queue, or a packet: the statement's first argument, if it has one.
    var key: Int64?
    var isQueue = false
    var seqs: ClosedRange<Int64>
    var head: Int64 = 0
  }

  private let db: Database
  /// By head, the last being the next.
  private var sources: [Source] = []
  /// Of a report, instead of sources; in the order of arrival.
  private var statuses: [Int64] = []
  private(set) var rows = 0

  /// - Returns: nil if nothing came within the time.
  init?(_ db: Database, _ search: ReportSearch) throws {
    self.db = db
    if let id = search.reportID {
      let found = try Int64.fetchAll(db, sql: Self.statusesSQL, arguments: [id, Limits.searchRowsMax])
      statuses = found.filter { $0 < search.before ?? .max }.sorted()
      rows = found.count
      return
    }
    guard let seqs = try Selection(state: .waiting, since: search.since, until: search.until).seqs(db) else { return nil }
    let before = search.before ?? .max
    guard before > seqs.lowerBound else { return nil }
    for source in try Self.plan(db, search, seqs.lowerBound...min(seqs.upperBound, before - 1)) {
      try enter(source, upTo: source.seqs.upperBound)
    }
  }

  var isOver: Bool { sources.isEmpty && statuses.isEmpty }

  mutating func next() throws -> Candidate? {
    if let seq = statuses.popLast() { return Candidate(seq: seq, lanes: []) }
    guard let seq = sources.last?.head else { return nil }
    var candidate = Candidate(seq: seq, lanes: [])
    while let source = sources.last, source.head == seq {
      sources.removeLast()
      if source.isQueue { candidate.lanes.append(Int(source.key!)) }
      try enter(source, upTo: seq - 1)
    }
    return candidate
  }

  /// In its place by the next seq that it has, if it has one.
  private mutating func enter(_ source: Source, upTo highest: Int64) throws {
    rows += 1
    guard source.seqs.lowerBound <= highest else { return }
    let arguments: StatementArguments =
      source.key.map { [$0, source.seqs.lowerBound, highest] } ?? [source.seqs.lowerBound, highest]
    guard let head = try Int64.fetchOne(db.cachedStatement(sql: source.sql), arguments: arguments) else { return }
    var (low, high) = (0, sources.count)
    while low < high {
      let middle = (low + high) / 2
      if sources[middle].head < head { low = middle + 1 } else { high = middle }
    }
    var source = source
    source.head = head
    sources.insert(source, at: low)
  }

  // MARK: - Where

  private static func plan(_ db: Database, _ search: ReportSearch, _ seqs: ClosedRange<Int64>) throws -> [Source] {
    let lanes = try LaneLoad.all(db).filter { search.lane == nil || $0.lane == search.lane?.number }
    func queues(_ names: [String], _ lanes: [LaneLoad]) -> [Source] {
      names.flatMap { name in lanes.map { Source(sql: queueSQL[name]!, key: Int64($0.lane), isQueue: true, seqs: seqs) } }
    }
    switch search.state {
    case .waiting: return queues(LaneLoad.queues, lanes.filter { $0.pending > 0 })
    case .dead: return queues(["dead"], lanes.filter { $0.dead > 0 })
    case .delivered, nil: break
    }
    if search.destiny == .unmatched { return [Source(sql: unmatchedSQL, seqs: seqs)] }
    if let packetID = search.packetID { return try ofPacket(packetID, db, seqs) }
    if search.state == .delivered { return [Source(sql: doneSQL, seqs: seqs)] }
    if search.lane != nil {
      return queues(LaneLoad.queues, lanes.filter { $0.pending > 0 }) + queues(["dead"], lanes.filter { $0.dead > 0 })
        + [Source(sql: doneSQL, seqs: seqs)]
    }
    return [Source(sql: reportSQL, seqs: seqs)]
  }

  /// Known by their packet are the reports that came while a lane took orders; of those before, each is looked at.
  private static func ofPacket(_ packetID: Int64, _ db: Database, _ seqs: ClosedRange<Int64>) throws -> [Source] {
    let known = try Int64.fetchOne(db, sql: "SELECT value FROM counter WHERE name = ?", arguments: [CounterName.packetsFrom]) ?? .max
    var sources: [Source] = []
    if known <= seqs.upperBound {
      sources.append(Source(sql: packetSQL, key: packetID, seqs: max(known, seqs.lowerBound)...seqs.upperBound))
    }
    if seqs.lowerBound < known { sources.append(Source(sql: reportSQL, seqs: seqs.lowerBound...min(seqs.upperBound, known - 1))) }
    return sources
  }

  /// In the order of the index: who has more statuses than that made them up.
  static let statusesSQL = "SELECT seq FROM report WHERE report_id = ?1 LIMIT ?2"
  static let reportSQL = "SELECT seq FROM report WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq DESC LIMIT 1"
  static let unmatchedSQL = """
    SELECT seq FROM report INDEXED BY report_unmatched WHERE destiny = 1 AND seq BETWEEN ?1 AND ?2 ORDER BY seq DESC LIMIT 1
    """
  static let packetSQL = "SELECT seq FROM packet WHERE packet_id = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq DESC LIMIT 1"
  /// Each report once, however many have it.
  static let doneSQL = "SELECT seq FROM done WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq DESC LIMIT 1"
  static let queueSQL = [
    "ready": "SELECT seq FROM ready WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq DESC LIMIT 1",
    "retry": "SELECT seq FROM retry WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq DESC LIMIT 1",
    "replay": "SELECT seq FROM replay WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq DESC LIMIT 1",
    "held": "SELECT seq FROM held WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq DESC LIMIT 1",
    "dead": "SELECT seq FROM dead WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq DESC LIMIT 1",
  ]
}

/// A lane, and whether there is anything in its queues: most of a thousand lanes have nothing there.
struct LaneLoad {
  /// What waits is in one of these.
  static let queues = ["ready", "retry", "replay", "held"]

  var lane: Int
  var name: String
  var pending: Int
  /// At least as many as there are: retention takes dead ones, and what was counted stays counted.
  var dead: Int

  static func all(_ db: Database) throws -> [LaneLoad] {
    let statement = try db.cachedStatement(sql: "SELECT id, name, matched - delivered - dead - discarded, dead FROM lane ORDER BY id")
    return try Row.fetchAll(statement).map { LaneLoad(lane: $0[0], name: $0[1], pending: $0[2], dead: $0[3]) }
  }
}
