import Foundation
import GRDB
import Model
import Support
import Synchronization
import Testing

@testable import Store

/// What the contract of `Journal` is run on.
enum Implementation: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case sqlite, memory
  var testDescription: String { rawValue }
}

/// A folder that is gone after the test.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "dlr-relay-store-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A journal under test with its time, its events and what it hands over. `restart` and `close` are for one thread.
final class Bench: Sendable {
  let implementation: Implementation
  let clock = ManualClock()
  let events = Tape<Event>()
  let storePath: String
  private let folder: TemporaryFolder?
  private let book: LaneBook
  private let retention: Retention
  private let running: Mutex<(journal: any StrayOperations & OrderOperations & LookupOperations, receiver: Receiver)>

  /// - Parameter path: an existing folder for the store, if not a temporary one.
  init(
    _ implementation: Implementation, at path: String? = nil, book: LaneBook = LaneBook(), retention: Retention = Retention()
  ) throws {
    self.implementation = implementation
    self.book = book
    self.retention = retention
    folder = try path == nil ? TemporaryFolder() : nil
    storePath = (path ?? folder!.path) + "/relay.db"
    let (clock, events) = (clock.clock, events)
    let journal: any StrayOperations & OrderOperations & LookupOperations =
      switch implementation {
      case .memory: MemoryJournal(clock: clock, book: book) { events.append($0) }
      case .sqlite:
        try SQLiteJournal(path: storePath, retention: retention, clock: clock, book: book, backupKept: .hours(1)) { events.append($0) }
      }
    running = Mutex((journal, Receiver(journal)))
  }

  var journal: any StrayOperations & OrderOperations & LookupOperations { running.withLock { $0.journal } }
  var receiver: Receiver { running.withLock { $0.receiver } }

  func restart() throws {
    let old = journal
    old.close()
    let events = events
    let new: any StrayOperations & OrderOperations & LookupOperations =
      if let old = old as? MemoryJournal {
        MemoryJournal(after: old, book: book) { events.append($0) }
      } else {
        try SQLiteJournal(path: storePath, retention: retention, clock: clock.clock, book: book, backupKept: .hours(1)) {
          events.append($0)
        }
      }
    running.withLock { $0 = (new, Receiver(new)) }
  }

  /// Runs with a fresh bench and closes it, also when the body throws.
  static func with<T>(
    _ implementation: Implementation, book: LaneBook = LaneBook(), retention: Retention = Retention(),
    _ body: (Bench) async throws -> T
  ) async throws -> T {
    let bench = try Bench(implementation, book: book, retention: retention)
    defer { bench.journal.close() }
    return try await body(bench)
  }

  /// Reads the store of an SQLite journal on a connection of its own: it sees what another process would see.
  func query(_ sql: String) throws -> [Row] {
    var configuration = GRDB.Configuration()
    configuration.readonly = true
    let reader = try DatabaseQueue(path: storePath, configuration: configuration)
    defer { try? reader.close() }
    return try reader.read { try Row.fetchAll($0, sql: sql) }
  }

  // MARK: - What a test does with it

  func lanes(_ names: String...) throws -> [LaneID] { try lanes(for: names.map { LaneTerms(name: $0) }) }

  func lanes(for terms: [LaneTerms]) throws -> [LaneID] { try journal.lanes(for: terms) }

  func arrival(
    _ id: Int64, _ status: String = "delivered", to lanes: [LaneID], as destiny: Destiny? = nil, bytes: Int = 32
  ) -> Arrival {
    Arrival(
      report: Report(key: ReportKey(id: id, status: status), packetID: id / 15),
      payload: Payload(bytes: Array(repeating: UInt8(truncatingIfNeeded: id), count: bytes)), receivedAt: clock.now,
      destiny: destiny ?? (lanes.isEmpty ? .unmatched : .matched), lanes: lanes)
  }

  /// - Returns: once it is answered.
  @discardableResult
  func append(_ arrival: Arrival) async -> JournalError? {
    await withCheckedContinuation { continuation in journal.append(arrival) { continuation.resume(returning: $0) } }
  }

  @discardableResult
  func append(
    _ id: Int64, _ status: String = "delivered", to lanes: [LaneID], as destiny: Destiny? = nil, bytes: Int = 32
  ) async -> JournalError? {
    await append(arrival(id, status, to: lanes, as: destiny, bytes: bytes))
  }

  func quarantine(_ reason: QuarantineReason) async -> JournalError? {
    let body = Quarantined(payload: Payload(bytes: Array("?".utf8), contentType: "text/plain"), receivedAt: clock.now, reason: reason)
    return await withCheckedContinuation { continuation in journal.quarantine(body) { continuation.resume(returning: $0) } }
  }

  /// Of a report that no route owns when it comes, whose bytes say what it is: see `JournalRules.written`.
  func append(written text: String) async -> JournalError? {
    let report = Report(written: text)!
    return await append(
      Arrival(report: report, payload: Payload(bytes: Array(text.utf8)), receivedAt: clock.now, destiny: .unmatched, lanes: []))
  }

  func quarantine(written text: String) async {
    let body = Quarantined(payload: Payload(bytes: Array(text.utf8)), receivedAt: clock.now, reason: .noID)
    let error = await withCheckedContinuation { continuation in journal.quarantine(body) { continuation.resume(returning: $0) } }
    #expect(error == nil)
  }

  func settlement(
    of delivery: Delivery, _ result: Settlement.Result, _ outcome: Outcome? = nil, detail: String? = nil
  ) -> Settlement {
    let isDelivered = result == .delivered
    return Settlement(
      of: delivery, result: result, outcome: outcome ?? .answered(status: isDelivered ? 204 : 500),
      detail: detail ?? (isDelivered ? "" : "the app answered 500"), startedAt: clock.now, took: .milliseconds(7))
  }

  /// - Returns: once they are on disk.
  func settle(_ settlements: [Settlement]) async throws {
    let before = receiver.settled
    journal.settle(settlements)
    nudge()
    try await receiver.wait { $0.settled >= before + settlements.count }
  }

  func settle(_ delivery: Delivery, _ result: Settlement.Result) async throws { try await settle([settlement(of: delivery, result)]) }

  func fetch(_ queue: Model.Queue, of lane: LaneID) async throws -> Page {
    let before = receiver.pages(queue, of: lane).count
    journal.fetch(queue, of: lane)
    try await receiver.wait { $0.pages(queue, of: lane).count > before }
    return receiver.pages(queue, of: lane)[before]
  }

  /// Fetches until the lane is live.
  func catchUp(_ lane: LaneID) async throws -> [Delivery] {
    var deliveries: [Delivery] = []
    while true {
      let page = try await fetch(.ready, of: lane)
      deliveries += page.deliveries
      if !page.isMore { return deliveries }
    }
  }

  func start(_ kind: QueueJob.Kind, _ selection: Selection, rate: Double? = nil) async throws -> QueueJob {
    try await withCheckedContinuation { continuation in
      journal.start(kind, selection, rate: rate) { continuation.resume(returning: $0) }
    }.get()
  }

  /// - Returns: the job once it has ended, and what it did has been counted and handed over, which follows its commit.
  func finish(_ job: QueueJob) async throws -> QueueJob {
    for _ in 0..<100 {
      let ended = try journal.jobs().first { $0.id == job.id && $0.endedAt != nil }
      nudge()
      if let ended { return ended }
    }
    throw HTTPTestError.timedOut
  }

  func run(_ kind: QueueJob.Kind, _ selection: Selection, rate: Double? = nil) async throws -> QueueJob {
    try await finish(try await start(kind, selection, rate: rate))
  }

  func startReroute() async throws -> QueueJob {
    try await withCheckedContinuation { continuation in journal.reroute { continuation.resume(returning: $0) } }.get()
  }

  func startReadmission() async throws -> QueueJob {
    try await withCheckedContinuation { continuation in journal.readmit { continuation.resume(returning: $0) } }.get()
  }

  func reroute() async throws -> QueueJob { try await finish(try await startReroute()) }
  func readmit() async throws -> QueueJob { try await finish(try await startReadmission()) }

  /// - Returns: once everything that can be taken back is.
  @discardableResult
  func cancel(id: Int64) async throws -> QueueJob? {
    let job = try await withCheckedContinuation { continuation in
      journal.cancel(job: id) { continuation.resume(returning: $0) }
    }.get()
    for _ in 0..<10 { nudge() }
    return job
  }

  func cancel(_ job: QueueJob) async throws {
    let cancelled = try #require(try await cancel(id: job.id))
    #expect(cancelled.id == job.id)
  }

  /// Makes a writer with a thread of its own go round once, now: it takes everything that waits. Returns when it is about to.
  func nudge() {
    let isDone = DispatchSemaphore(value: 0)
    // A job that there is not: nothing changes.
    journal.cancel(job: 0) { _ in isDone.signal() }
    isDone.wait()
  }

  var standing: Standing { journal.standing() }
  func standing(of lane: LaneID) -> LaneStanding { standing.lanes[lane.number - 1] }
}

extension Report {
  /// Of `7 delivered 1 2`: its id and its status; nil for what does not begin like this.
  init?(written text: String) {
    let words = text.split(separator: " ")
    guard words.count >= 2, let id = Int64(words[0]) else { return nil }
    self.init(key: ReportKey(id: id, status: String(words[1])))
  }
}

extension JournalRules {
  /// The words after the status are the numbers of the lanes that get a copy; `-` stands for one that owns it and does not want it.
  static func written(dropsUnmatched: Bool = false) -> JournalRules {
    JournalRules(dropsUnmatched: dropsUnmatched) { payload in
      let text = String(decoding: payload.bytes, as: UTF8.self)
      guard let report = Report(written: text) else { return nil }
      let words = text.split(separator: " ").dropFirst(2)
      let lanes = words.compactMap { Int($0) }.map(LaneID.init)
      return Routed(report: report, routing: Routing(targets: lanes, isOwned: !words.isEmpty))
    }
  }
}
