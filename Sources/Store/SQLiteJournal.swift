import Foundation
import Model
import Synchronization

/// The journal on SQLite: one file, one writing thread, group commit.
///
/// Whatever arrives while a commit is on its way to disk shares the next one; nobody waits on a timer.
package final class SQLiteJournal: OrderOperations {
  let inbox = Inbox()
  let backups: BackupDesk
  private let ledger: Ledger
  private let path: String
  private struct Readers {
    var ofNumbers: StoreReader
    /// What an operator asks for may take a second; the status page and the alerts do not wait for that.
    var ofOperator: StoreReader
  }

  /// nil once closed; a read that is under way keeps its connection open.
  private let readers: Mutex<Readers?>
  private let ended = DispatchSemaphore(value: 0)
  private let turn: Turn

  /// Opens or makes the store at `path` and starts its writer.
  /// - Parameters:
  ///   - retention: nil for a visit to the store of a stopped relay: nothing is deleted or given up, and a hold that was
  ///     there when the relay stopped goes on.
  ///   - backupKept: see `Limits.backupKept`.
  /// - Throws: if the store cannot be used; then nothing of it was changed, but files may have been made.
  package init(
    path: String, retention: Retention? = Retention(), clock: @escaping Clock, book: LaneBook = LaneBook(),
    backupKept: Duration = Limits.backupKept, observer: @escaping Observer
  ) throws(StoreError) {
    let lock = try StoreLock(storePath: path)
    let connection = try StoreConnection(path: path)
    var standing: Standing
    do {
      standing = try connection.slowly(Standing.read)
      readers = Mutex(Readers(ofNumbers: try StoreReader(path: path), ofOperator: try StoreReader(path: path)))
    } catch {
      connection.close()
      throw .unusable(path: path, words: "\(error)")
    }
    let changed = retention == nil ? [] : standing.endHolds(at: clock())
    self.path = path
    ledger = Ledger(standing)
    backups = BackupDesk(storePath: path, inbox: inbox, clock: clock, kept: backupKept, observer: observer)
    let writer = Writer(
      path: path, connection: connection, inbox: inbox, ledger: ledger, retention: retention, clock: clock, book: book,
      observer: observer)
    writer.keep(changed)
    turn = writer.turn
    start(writer, holding: lock)
  }

  /// Opens the store of a stopped relay for a command, which does what it was asked for and closes it.
  /// - Throws: `.missing` if there is none, `.inUse` if a relay runs on it.
  package convenience init(stopped path: String, clock: @escaping Clock) throws(StoreError) {
    guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
    try self.init(path: path, retention: nil, clock: clock) { _ in }
  }

  /// The writer lives on a thread of its own from here on, and lets the store go before `close` returns.
  private func start(_ writer: Writer, holding lock: StoreLock) {
    let ended = ended
    nonisolated(unsafe) let writer = writer
    let thread = Thread {
      writer.run()
      lock.release()
      ended.signal()
    }
    thread.name = "store"
    thread.start()
  }

  package func lanes(for terms: [LaneTerms]) throws(JournalError) -> [LaneID] {
    let result = Mutex<Result<[LaneID], JournalError>>(.failure(.closed))
    let done = DispatchSemaphore(value: 0)
    let isTaken = inbox.put(task: { writer in
      result.withLock { $0 = Result { () throws(JournalError) in try writer.lanes(for: terms) } }
      done.signal()
    })
    if isTaken { done.wait() }
    return try result.withLock { $0 }.get()
  }

  package func adopt(_ rules: JournalRules) { _ = inbox.put(task: { writer in writer.adopt(rules) }) }

  /// How long what is kept is kept, from here on. Returns at once.
  package func change(_ retention: Retention) { _ = inbox.put(task: { writer in writer.change(retention) }) }

  /// - Parameter then: is called once the writer has come around; at once if it has ended. It must not block.
  package func ping(_ then: @escaping @Sendable () -> Void) {
    if !inbox.put(task: { _ in then() }) { then() }
  }

  /// Processor time of what the writer is busy with, waiting for the disk not counted; nil while it waits for work.
  package var turnProcessorTime: Duration? { turn.processorTime }

  package func connect(_ receive: @escaping @Sendable (Handover) -> Void) { ledger.connect(receive) }

  package func append(_ arrival: Arrival, then: @escaping @Sendable (JournalError?) -> Void) { inbox.put(.report(arrival), then: then) }

  package func quarantine(_ body: Quarantined, then: @escaping @Sendable (JournalError?) -> Void) { inbox.put(.body(body), then: then) }

  package func settle(_ results: [Settlement]) {
    if !results.isEmpty { inbox.put(results) }
  }

  package func keep(_ state: LaneState, of lane: LaneID, then: @escaping @Sendable (JournalError?) -> Void) {
    inbox.put(state, of: lane, then: then)
  }

  package func release(_ lane: LaneID, heldSince: Instant) { inbox.put(release: lane, heldSince: heldSince) }

  package func giveBack(_ bytes: Int, of lane: LaneID, from queue: Model.Queue) {
    _ = inbox.put(task: { writer in writer.giveBack(bytes, of: lane, from: queue) })
  }

  package func fetch(_ queue: Queue, of lane: LaneID) { inbox.put(fetch: queue, of: lane) }

  package func count(refused reason: String) { inbox.put(refused: reason) }

  package func standing() -> Standing {
    var standing = ledger.standing()
    standing.bytes = ["", "-wal"].reduce(0) { sum, suffix in
      let attributes = try? FileManager.default.attributesOfItem(atPath: path + suffix)
      return sum + (attributes?[.size] as? Int ?? 0)
    }
    return standing
  }

  package var isHealthy: Bool { ledger.isHealthy }

  package func oldestWaiting() throws(JournalError) -> [LaneID: Instant] { try numbersReader().oldestWaiting() }

  package func waiting(apart ends: [Instant]?) throws(JournalError) -> [WaitingCount] {
    let (reader, ends) = (try numbersReader(), ends?.sorted(by: >))
    // Each lane a read of its own, with room between two for who waits for the connection.
    let lanes = ledger.standing().lanes.filter { $0.pending > 0 }.map(\.id)
    var counts: [WaitingCount] = []
    for lane in lanes { counts += try reader.waiting(lane, apart: ends) }
    return counts
  }

  package func report(_ id: Int64) throws(JournalError) -> [ReportRecord] { try operatorReader().report(id) }
  package func count(_ selection: Selection) throws(JournalError) -> CopyCount { try operatorReader().count(selection) }

  package func jobs(before id: Int64?, limit: Int) throws(JournalError) -> [QueueJob] {
    try operatorReader().jobs(before: id, limit: limit)
  }

  package func start(
    _ kind: QueueJob.Kind, _ selection: Selection, rate: Double?, then: @escaping @Sendable (Result<QueueJob, JournalError>) -> Void
  ) {
    precondition(kind.allows(selection.state), "a replay selects what is dead or delivered, a discard what waits or is dead")
    let isTaken = inbox.put(task: { writer in then(writer.start(kind, selection, rate: rate)) })
    if !isTaken { then(.failure(.closed)) }
  }

  package func cancel(job id: Int64, then: @escaping @Sendable (Result<QueueJob?, JournalError>) -> Void) {
    let isTaken = inbox.put(task: { writer in then(writer.cancel(job: id)) })
    if !isTaken { then(.failure(.closed)) }
  }

  package func claim(_ claims: [Claim], then: @escaping @Sendable (Result<[ClaimRecord], JournalError>) -> Void) {
    precondition(claims.count <= Limits.claimsTogetherMax, "who claims more does so in parts")
    let answer = Inbox.Answer<[ClaimRecord]>()
    inbox.put(.claims(claims, answer), answer: answer, then: then)
  }

  package func withdraw(packetID: Int64, lane: LaneID?, then: @escaping @Sendable (Result<Int, JournalError>) -> Void) {
    let answer = Inbox.Answer<Int>()
    inbox.put(.withdrawal(packetID: packetID, lane: lane, answer), answer: answer, then: then)
  }

  package func claims(of packetID: Int64) throws(JournalError) -> [ClaimRecord] { try operatorReader().claims(of: packetID) }

  private func openReaders() throws(JournalError) -> Readers {
    guard let readers = readers.withLock({ $0 }) else { throw .closed }
    return readers
  }

  func numbersReader() throws(JournalError) -> StoreReader { try openReaders().ofNumbers }
  func operatorReader() throws(JournalError) -> StoreReader { try openReaders().ofOperator }

  package func close() {
    inbox.close()
    ended.wait()
    backups.close()
    // Another close, later, finds it ended as well.
    ended.signal()
    readers.withLock { $0 = nil }
  }
}
