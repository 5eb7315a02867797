import Foundation
import GRDB
import Model
import Support
import Testing
import Traffic

@testable import Store

/// Copies of a store that is written at the same time.
@Suite("Backups", .ownThread, .timeLimit(.minutes(10)))
struct BackupTests {
  private static func journal(_ bench: Bench) -> SQLiteJournal { bench.journal as! SQLiteJournal }

  /// - Returns: what the next backup that ends is like, from the `first`-th event on.
  private static func ended(_ bench: Bench, from first: Int = 0) async throws -> Backup {
    _ = try await bench.events.wait { events in
      events.dropFirst(first).contains { event in
        switch event {
        case .backedUp, .backupFailed: true
        default: false
        }
      }
    }
    return try #require(journal(bench).backup(asking: true))
  }

  private static func read<T>(_ path: String, _ body: (Database) throws -> T) throws -> T {
    var configuration = GRDB.Configuration()
    configuration.readonly = true
    let database = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? database.close() }
    return try database.read(body)
  }

  /// Of reports that came with their bytes and all that they owe.
  private static func wholeReports(_ path: String) throws -> Set<Int64> {
    try read(path) { db in
      #expect(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"])
      #expect(
        try Int.fetchOne(db, sql: "SELECT value FROM counter WHERE name = 'reports'")
          == Int.fetchOne(db, sql: "SELECT count(*) FROM report"))
      let sql = """
        SELECT report_id FROM report JOIN payload USING (seq)
        WHERE (SELECT count(*) FROM ready WHERE ready.seq = report.seq) + (SELECT count(*) FROM done WHERE done.seq = report.seq) = 2
        """
      return Set(try Int64.fetchAll(db, sql: sql))
    }
  }

  /// The page of an index, in a file that has all of it.
  private static func rootOfKeys(_ path: String) throws -> Int {
    let database = try DatabaseQueue(path: path)
    defer { try? database.close() }
    try database.writeWithoutTransaction { db in _ = try Row.fetchAll(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    return try #require(try database.read { try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'report_key'") })
  }

  private static func file(_ bench: Bench) -> String { SQLiteJournal.backupInProgress(ofStore: bench.storePath) }

  /// Appends one report after another, so that one always waits, until told to stop or one is not taken.
  private final class Flood: Sendable {
    let answered = Tape<Int64>()
    private let bench: Bench
    private let lanes: [LaneID]
    private let bytes: Int
    private let isEnded = Latched()
    let hasEnded = Latch()

    init(_ bench: Bench, to lanes: [LaneID], bytes: Int) { (self.bench, self.lanes, self.bytes) = (bench, lanes, bytes) }

    func start(from id: Int64) {
      bench.journal.append(bench.arrival(id, to: lanes, bytes: bytes)) { [self] error in
        #expect(error == nil)
        if error == nil { answered.append(id) }
        if isEnded.isSet || error != nil { hasEnded.open() } else { start(from: id + 1) }
      }
    }

    func end() async {
      isEnded.set()
      await withCheckedContinuation { continuation in hasEnded.whenOpen { continuation.resume() } }
    }
  }

  @Test(arguments: [11, 22, 33] as [UInt64])
  func `a backup under load is whole, and has every report that was answered before it began`(_ seed: UInt64) async throws {
    try await Bench.with(.sqlite) { bench in
      var numbers = SplitMix64(seed: seed)
      let lanes = try bench.lanes("shop", "clinic")
      for lane in lanes { _ = try await bench.catchUp(lane) }
      let flood = Flood(bench, to: lanes, bytes: Int.random(in: 500...6_000, using: &numbers))
      flood.start(from: 1)
      var settledUpTo = 0
      for _ in 1...3 {
        // Results are committed meanwhile as well.
        let deliveries = bench.receiver.seen.deliveries
        let settled = deliveries[settledUpTo...].filter { _ in Bool.random(using: &numbers) }
        settledUpTo = deliveries.count
        _ = try await flood.answered.first(flood.answered.all.count + Int.random(in: 200...900, using: &numbers))
        let (before, events) = (Set(flood.answered.all), bench.events.all.count)
        let started = try Self.journal(bench).startBackup()
        bench.journal.settle(settled.map { bench.settlement(of: $0, .delivered) })
        let backup = try await Self.ended(bench, from: events)
        #expect(backup.id == started.id)
        #expect(backup.stage == .ready, "\(backup.failure ?? "")")
        let found = try Self.wholeReports(Self.file(bench))
        #expect(before.subtracting(found).isEmpty)
        #expect(backup.contents?.reports == found.count)
        #expect(backup.contents?.bytes == (try FileManager.default.attributesOfItem(atPath: Self.file(bench))[.size] as? Int))
        _ = Self.journal(bench).endBackup(id: started.id)
        Self.journal(bench).backups.wait()
        #expect(!FileManager.default.fileExists(atPath: Self.file(bench)))
      }
      await flood.end()
      #expect(bench.standing.reports == flood.answered.all.count)
    }
  }

  @Test func `reports are committed between any two steps of a backup`() async throws {
    try await Bench.with(.sqlite) { bench in
      let lanes = try bench.lanes("shop", "clinic")
      for id in 1..<300 as Range<Int64> { bench.journal.append(bench.arrival(id, to: lanes, bytes: 20_000)) { _ in } }
      // The last is answered when all are on the disk, however slow that is.
      #expect(await bench.append(300, to: lanes, bytes: 20_000) == nil)
      let pages: Int = try #require(try bench.query("PRAGMA page_count").first)[0]
      let flood = Flood(bench, to: lanes, bytes: 100)
      flood.start(from: 1_000)
      _ = try await flood.answered.first(1)
      let events = bench.events.all.count
      _ = try Self.journal(bench).startBackup()
      #expect(try await Self.ended(bench, from: events).stage == .ready)
      await flood.end()
      let commits = bench.events.all.dropFirst(events).prefix { if case .backedUp = $0 { false } else { true } }
        .count { if case .committed = $0 { true } else { false } }
      // While one always waits, a step is a part of what it is for an idle writer, and a commit comes with each.
      let steps = pages / (Limits.backupStepPages / Limits.backupBusyShare)
      #expect(steps > 50)
      #expect(commits >= steps - 2)
    }
  }

  @Test func `one at a time, and the next when nobody wants the first any more`() async throws {
    try await Bench.with(.sqlite) { bench in
      let journal = Self.journal(bench)
      let first = try journal.startBackup()
      #expect(throws: BackupError.underWay(id: first.id)) { try journal.startBackup() }
      #expect(try await Self.ended(bench).stage == .ready)
      #expect(throws: BackupError.underWay(id: first.id)) { try journal.startBackup() }
      #expect(journal.endBackup(id: first.id + 1) == nil)
      #expect(journal.endBackup(id: first.id) != nil)
      journal.backups.wait()
      #expect(journal.backup(asking: false)?.stage == .ended)
      #expect(journal.openBackup(id: first.id) == nil)
      #expect(try journal.startBackup().id == first.id + 1)
    }
  }

  @Test func `one that nobody asks for any more is ended and deleted`() async throws {
    let folder = try TemporaryFolder()
    let journal = try SQLiteJournal(path: folder.path + "/relay.db", clock: ManualClock().clock, backupKept: .zero) { _ in }
    defer { journal.close() }
    _ = try journal.startBackup()
    journal.backups.wait()
    #expect(journal.backup(asking: false)?.stage == .ended)
    #expect(!FileManager.default.fileExists(atPath: SQLiteJournal.backupInProgress(ofStore: folder.path + "/relay.db")))
  }

  @Test func `its bytes are what it says they are, for who has it open also when it has ended`() async throws {
    try await Bench.with(.sqlite) { bench in
      await bench.append(1, to: try bench.lanes("shop"))
      let started = try Self.journal(bench).startBackup()
      let contents = try #require(try await Self.ended(bench).contents)
      let descriptor = try #require(Self.journal(bench).openBackup(id: started.id))
      defer { close(descriptor) }
      _ = Self.journal(bench).endBackup(id: started.id)
      Self.journal(bench).backups.wait()
      let bytes = FileHandle(fileDescriptor: descriptor).readDataToEndOfFile()
      #expect(bytes.count == contents.bytes)
      let copy = TemporaryFolderFile(bytes)
      #expect(try Self.read(copy.path) { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "delete")
      #expect(try StoreExamination.examine(copy.path).reports == 1)
    }
  }

  @Test func `closing ends it, and leaves nothing behind`() async throws {
    for _ in 1...10 {
      let bench = try Bench(.sqlite)
      let lanes = try bench.lanes("shop", "clinic")
      for id in 1...50 as ClosedRange<Int64> { bench.journal.append(bench.arrival(id, to: lanes, bytes: 20_000)) { _ in } }
      _ = try Self.journal(bench).startBackup()
      bench.journal.close()
      #expect(!FileManager.default.fileExists(atPath: Self.file(bench)))
      #expect(throws: BackupError.closed) { try Self.journal(bench).startBackup() }
    }
  }

  @Test func `what a crash has left of one is deleted at the next start`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/relay.db"
    for suffix in ["", "-journal"] {
      try Data("half".utf8).write(to: URL(filePath: SQLiteJournal.backupInProgress(ofStore: path) + suffix))
    }
    try SQLiteJournal(path: path, clock: ManualClock().clock) { _ in }.close()
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("backup") }
    #expect(left == [])
  }

  @Test func `a store that must be opened anew fails the backup, and the next one is whole`() async throws {
    try await Bench.with(.sqlite) { bench in
      let (journal, lanes) = (Self.journal(bench), try bench.lanes("shop", "clinic"))
      for id in 1...100 as ClosedRange<Int64> { await bench.append(id, to: lanes, bytes: 20_000) }
      _ = journal.inbox.put(task: { writer in
        // In the same turn, so that no step comes between.
        let run = try? BackupRun(Backup(id: 99, startedAt: bench.clock.now), at: bench.storePath + ".copy", kept: .seconds(60))
        run.map { writer.begin($0) }
        writer.isBroken = true
        writer.stepBackup(isBusy: false)
        #expect(writer.backup == nil)
      })
      await bench.append(101, to: lanes)
      bench.nudge()
      #expect(await bench.append(102, to: lanes) == nil)
      _ = try journal.startBackup()
      #expect(try await Self.ended(bench).stage == .ready)
      #expect(try Self.wholeReports(Self.file(bench)).isSuperset(of: Array(1...100) + [102]))
    }
  }

  @Test func `a stopped store is copied with what is only in its WAL, and stays as it is`() async throws {
    let bench = try Bench(.sqlite)
    let lanes = try bench.lanes("shop", "clinic")
    for id in 1...20 as ClosedRange<Int64> { await bench.append(id, to: lanes) }
    bench.journal.close()
    let before = try Data(contentsOf: URL(filePath: bench.storePath))
    let store = try StoppedStore(bench.storePath)
    defer { store.release() }
    let target = bench.storePath + ".copy"
    let descriptor = open(target, O_RDWR | O_CREAT | O_EXCL, 0o600)
    defer { close(descriptor) }
    let contents = try store.copy(to: target, open: descriptor, clock: bench.clock.clock) { _, _ in true }
    #expect((contents.reports, contents.waiting) == (20, 40))
    #expect(try Self.wholeReports(target) == Set(1...20))
    #expect(try Data(contentsOf: URL(filePath: bench.storePath)) == before)
    #expect(throws: StoreError.inUse(path: bench.storePath, pid: "\(getpid())")) { try StoppedStore(bench.storePath) }
  }

  @Test func `a damaged store gives no backup`() async throws {
    let bench = try Bench(.sqlite)
    let lanes = try bench.lanes("shop", "clinic")
    for id in 1...400 as ClosedRange<Int64> { await bench.append(id, to: lanes, bytes: 3_000) }
    bench.journal.close()
    let root = try Self.rootOfKeys(bench.storePath)
    let file = try #require(FileHandle(forUpdatingAtPath: bench.storePath))
    try file.seek(toOffset: UInt64((root - 1) * StoreConnection.pageBytes + 12))
    try file.write(contentsOf: Data(repeating: 0xff, count: StoreConnection.pageBytes - 12))
    try file.close()
    let store = try StoppedStore(bench.storePath)
    defer { store.release() }
    let target = bench.storePath + ".copy"
    let descriptor = open(target, O_RDWR | O_CREAT | O_EXCL, 0o600)
    defer { close(descriptor) }
    let error = #expect(throws: BackupError.self) {
      try store.copy(to: target, open: descriptor, clock: bench.clock.clock) { _, _ in true }
    }
    guard case .damaged = error else { throw try #require(error) }
  }
}

/// True once it was set.
private final class Latched: Sendable {
  private let tape = Tape<Void>()
  var isSet: Bool { !tape.all.isEmpty }
  func set() { tape.append(()) }
}

/// A file in a folder that is gone after the test.
private final class TemporaryFolderFile {
  private let folder = try! TemporaryFolder()
  var path: String { folder.path + "/file" }
  init(_ bytes: Data) { try! bytes.write(to: URL(filePath: path)) }
}
