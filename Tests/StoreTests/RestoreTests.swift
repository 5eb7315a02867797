import Foundation
import GRDB
import Model
import Support
import Testing

@testable import Store

/// A backup in the place of a store.
@Suite("Restoring", .timeLimit(.minutes(10)))
struct RestoreTests {
  private let folder: TemporaryFolder
  private let clock = ManualClock()
  private var path: String { folder.path + "/relay.db" }
  private var backup: String { folder.path + "/backup.db" }

  init() throws { folder = try TemporaryFolder() }

  /// A store with so many reports for two routes, closed.
  private func makeStore(_ count: Int64, at path: String? = nil) async throws {
    let bench = try Bench(.sqlite, at: ((path ?? self.path) as NSString).deletingLastPathComponent)
    let lanes = try bench.lanes("shop", "clinic")
    for lane in lanes { _ = try await bench.catchUp(lane) }
    let first = Int64(bench.standing.reports + 1)
    if first <= count { for id in first...count { await bench.append(id, to: lanes) } }
    bench.journal.close()
  }

  private func makeBackup(_ path: String? = nil, of store: String? = nil) throws {
    let path = path ?? backup
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
    defer { close(descriptor) }
    let store = try StoppedStore(store ?? self.path)
    defer { store.release() }
    _ = try store.copy(to: path, open: descriptor, clock: clock.clock) { _, _ in true }
  }

  private func refusal(of file: String) -> RestoreError? {
    do throws(RestoreError) {
      try StoreRestore(of: file, to: path).release()
      return nil
    } catch {
      return error
    }
  }

  private var names: Set<String> { Set((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []) }

  @Test func `the store is as it was at the backup, and the one before is kept whole`() async throws {
    try await makeStore(30)
    try makeBackup()
    try await makeStore(42)
    let restore = try StoreRestore(of: backup, to: path)
    let comparison = try #require(try restore.comparison())
    #expect(comparison.reportsMissing == 12)
    #expect(comparison.copiesAgain == CopyCount(0))
    let aside = try #require(try restore.put(at: clock.now))
    restore.release()
    #expect(try StoreExamination.examine(path).reports == 30)
    #expect(try StoreExamination.examine(aside).reports == 42)
    #expect(aside.hasPrefix(path + ".before-restore-"))
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    // It opens, and goes on from there.
    try await makeStore(31)
    #expect(try StoreExamination.examine(path).reports == 31)
    #expect(try FileManager.default.fileExists(atPath: backup) && StoreExamination.examine(backup).reports == 30)
  }

  @Test func `copies that were delivered since the backup are told`() async throws {
    let bench = try Bench(.sqlite, at: folder.path)
    let lanes = try bench.lanes("shop", "clinic")
    for lane in lanes { _ = try await bench.catchUp(lane) }
    for id in 1...10 as ClosedRange<Int64> { await bench.append(id, to: lanes) }
    try await bench.receiver.wait { $0.deliveries.count == 20 }
    _ = try (bench.journal as! SQLiteJournal).startBackup()
    _ = try await bench.events.wait { $0.contains { if case .backedUp = $0 { true } else { false } } }
    try FileManager.default.copyItem(atPath: SQLiteJournal.backupInProgress(ofStore: path), toPath: backup)
    await bench.append(11, to: lanes)
    try await bench.receiver.wait { $0.deliveries.count == 22 }
    // Seven of before and both of after.
    let delivered = Array(bench.receiver.seen.deliveries[..<7] + bench.receiver.seen.deliveries[20...])
    try await bench.settle(delivered.map { bench.settlement(of: $0, .delivered) })
    bench.journal.close()
    let restore = try StoreRestore(of: backup, to: path)
    defer { restore.release() }
    let comparison = try #require(try restore.comparison())
    #expect(comparison.reportsMissing == 1)
    #expect(comparison.copiesAgain == CopyCount(7))
    #expect(restore.contents.waiting == 20)
  }

  @Test func `a WAL that is left of the store before is not played into the backup`() async throws {
    try await makeStore(5)
    try makeBackup()
    // As a kill leaves it: with commits that only the WAL has.
    try await makeStore(200)
    let wal = try Data(contentsOf: URL(filePath: path + "-wal"))
    #expect(wal.count > 100_000)
    // A store of which the rest is gone: nobody can fold its WAL in.
    try FileManager.default.removeItem(atPath: path)
    let restore = try StoreRestore(of: backup, to: path)
    let aside = try #require(try restore.put(at: clock.now))
    restore.release()
    #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
    #expect(try StoreExamination.examine(path).reports == 5)
    #expect(try Data(contentsOf: URL(filePath: aside + "-wal")) == wal, "what was there is kept as it was")
  }

  @Test func `where there is no store yet the backup becomes it`() async throws {
    try await makeStore(3)
    try makeBackup()
    for name in names where name.hasPrefix("relay.db") { try FileManager.default.removeItem(atPath: folder.path + "/" + name) }
    let restore = try StoreRestore(of: backup, to: path)
    #expect(try restore.comparison() == nil)
    #expect(try restore.put(at: clock.now) == nil)
    restore.release()
    #expect(try StoreExamination.examine(path).reports == 3)
  }

  @Test func `another relay's store is not mistaken for an earlier one`() async throws {
    let other = try TemporaryFolder()
    try await makeStore(3)
    let bench = try Bench(.sqlite, at: other.path)
    await bench.append(77, to: try bench.lanes("shop"))
    bench.journal.close()
    try makeBackup(of: other.path + "/relay.db")
    let restore = try StoreRestore(of: backup, to: path)
    defer { restore.release() }
    #expect(try #require(try restore.comparison()).reportsMissing == nil)
  }

  @Test func `while a relay runs nothing is done`() async throws {
    try await makeStore(3)
    try makeBackup()
    let running = try SQLiteJournal(path: path, clock: clock.clock) { _ in }
    #expect(refusal(of: backup) == .running(store: path, pid: "\(getpid())"))
    running.close()
    #expect(refusal(of: backup) == nil)
  }

  @Test func `what is no backup is refused, and changes nothing`() async throws {
    try await makeStore(300)
    try makeBackup()
    #expect(refusal(of: path) == .sameFile(file: path))
    #expect(refusal(of: folder.path + "/none") == .unusable(path: folder.path + "/none", words: "No such file or directory"))
    #expect(refusal(of: folder.path) == .unusable(path: folder.path, words: "it is no file"))
    let bad = folder.path + "/bad.db"
    func refused(_ bytes: Data) throws -> RestoreError? {
      try bytes.write(to: URL(filePath: bad))
      return refusal(of: bad)
    }
    let good = try Data(contentsOf: URL(filePath: backup))
    #expect(try refused(Data()) == .notAStore(file: bad))
    #expect(try refused(Data(String(repeating: "text ", count: 1_000).utf8)) == .notAStore(file: bad))
    for count in [good.count / 2, good.count - 1] {
      let refusal = try refused(good.prefix(count))
      guard case .damaged = refusal else {
        Issue.record("\(count) bytes of \(good.count): \(String(describing: refusal))")
        return
      }
    }
    var spoiled = good
    spoiled.replaceSubrange(20 * 1_024..<24 * 1_024, with: Data(repeating: 0xa5, count: 4 * 1_024))
    guard case .damaged = try refused(spoiled) else { return #expect(Bool(false), "four pages are spoiled") }
    try Self.change(bad, good, "INSERT INTO grdb_migrations (identifier) VALUES ('99: what is yet to come')")
    #expect(refusal(of: bad) == .newer(file: bad))
    try Self.change(bad, good, "DROP TABLE grdb_migrations")
    #expect(refusal(of: bad) == .notAStore(file: bad))
    #expect(try StoreExamination.examine(path).reports == 300)
    #expect(!names.contains { $0.contains("restore") })
  }

  private static func change(_ path: String, _ bytes: Data, _ sql: String) throws {
    try bytes.write(to: URL(filePath: path))
    let database = try DatabaseQueue(path: path)
    defer { try? database.close() }
    try database.write { try $0.execute(sql: sql) }
  }

  @Test func `a live store, or one whose last reports are in its WAL, is no backup`() async throws {
    let other = try TemporaryFolder()
    let store = other.path + "/relay.db"
    let bench = try Bench(.sqlite, at: other.path)
    await bench.append(1, to: try bench.lanes("shop"))
    #expect(refusal(of: store) == .fileInUse(file: store, pid: "\(getpid())"))
    bench.journal.close()
    #expect(refusal(of: store) == .notWhole(file: store))
  }
}
