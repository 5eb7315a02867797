import Foundation
import GRDB
import Model
import Support
import Testing

@testable import Store

/// What stands in the way of a store, and what an open one is like.
@Suite("Opening a store", .timeLimit(.minutes(10)))
struct OpeningTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/relay.db" }

  init() throws { folder = try TemporaryFolder() }

  private func open(_ path: String? = nil) throws(StoreError) -> SQLiteJournal {
    try SQLiteJournal(path: path ?? self.path, clock: ManualClock().clock) { _ in }
  }

  /// - Returns: why it cannot be opened.
  private func failure(_ path: String? = nil) -> StoreError? {
    do throws(StoreError) {
      try open(path).close()
      return nil
    } catch {
      return error
    }
  }

  private func mode(of path: String) throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  @Test func `a commit is on disk when it returns, also when the power fails`() throws {
    let connection = try StoreConnection(path: path)
    defer { connection.close() }
    // sqlite.org/pragma.html: 2 is FULL.
    #expect(try connection.slowly { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
    #expect(try connection.slowly { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
  }

  @Test func `a new store has the small pages that small commits want`() throws {
    let connection = try StoreConnection(path: path)
    defer { connection.close() }
    #expect(try connection.slowly { try Int.fetchOne($0, sql: "PRAGMA page_size") } == StoreConnection.pageBytes)
  }

  @Test func `a second relay on the same store is told which process has it`() throws {
    let first = try open()
    #expect(failure() == .inUse(path: path, pid: "\(getpid())"))
    first.close()
    #expect(failure() == nil)
  }

  @Test(arguments: 1...30)
  func `a store that was closed can be opened at once`(_: Int) throws {
    for _ in 1...3 { #expect(failure() == nil) }
  }

  @Test func `a store that was closed is held by no program that was just being started`() throws {
    let lock = try StoreLock(storePath: path)
    let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap(Int32.init)
    let its = try #require(
      descriptors.first { (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path + ".lock" })
    // A child has it like this from the fork to the exec.
    let childs = dup(its)
    defer { close(childs) }
    lock.release()
    #expect(failure() == nil)
  }

  @Test func `a store that is not open is locked by nobody`() throws {
    #expect(failure(folder.path + "/none/relay.db") != nil)
    try Data("not a store, and longer than the header of one: \(String(repeating: "x", count: 200))".utf8).write(to: URL(filePath: path))
    #expect(failure() == .notAStore(path: path))
    try FileManager.default.removeItem(atPath: path)
    #expect(failure() == nil)
  }

  @Test func `a store of a newer version is refused and stays as it is`() throws {
    try open().close()
    let database = try DatabaseQueue(path: path)
    try database.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('2: of tomorrow')") }
    try database.close()
    #expect(failure() == .newer(path: path))
    #expect(failure()?.description.contains("newer version") == true)
  }

  @Test func `a file that is no database is refused and stays as it is`() throws {
    let bytes = Data(String(repeating: "listen: 0.0.0.0:8080\n", count: 100).utf8)
    try bytes.write(to: URL(filePath: path))
    #expect(failure() == .notAStore(path: path))
    #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
  }

  @Test(arguments: [
    "CREATE TABLE report (x)", "CREATE TABLE users (id INTEGER PRIMARY KEY)",
    "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY); INSERT INTO grdb_migrations VALUES ('v1')",
  ])
  func `a database of another program is refused and stays as it is`(_ sql: String) throws {
    let database = try DatabaseQueue(path: path)
    try database.write { try $0.execute(sql: sql) }
    try database.close()
    let bytes = try Data(contentsOf: URL(filePath: path))
    #expect(failure() == .notAStore(path: path))
    #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
  }

  @Test func `a missing folder is named with what is wrong`() throws {
    let missing = folder.path + "/missing/relay.db"
    #expect(failure(missing) == .unusable(path: missing, words: "No such file or directory"))
  }

  @Test func `a folder in its place is refused`() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    guard case .unusable(path, _) = failure() else { return #expect(Bool(false), "\(String(describing: failure()))") }
  }

  @Test func `nobody but the owner reads any of its files`() throws {
    let journal = try open()
    _ = try journal.lanes(for: [LaneTerms(name: "shop")])
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      #expect(try mode(of: folder.path + "/" + name) == 0o600, "\(name)")
    }
    journal.close()
  }

  @Test func `an empty file becomes a store`() throws {
    try Data().write(to: URL(filePath: path))
    #expect(failure() == nil)
  }

  /// close(2) of any descriptor of a file gives up every lock the process has on it (sqlite.org/howtocorrupt.html 2.2). Then
  /// another program that looks at the live store would think itself alone, and delete the WAL when it leaves.
  @Test func `opening it anew keeps the locks of the connection that is open`() throws {
    let first = try StoreConnection(path: path)
    // Asks as another program would, through a description of its own; and closes that last, because of the rule above.
    let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
    defer { Glibc.close(descriptor) }
    func isLocked() throws -> Bool {
      // Where SQLite's locks are, sqlite.org/fileformat.html 1.3.
      var lock = flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0x4000_0000, l_len: 512, l_pid: 0)
      try #require(fcntl(descriptor, ofdGetLock, &lock) == 0)
      return lock.l_type != F_UNLCK
    }
    try #require(try isLocked())
    try StoreConnection(path: path).close()
    #expect(try isLocked())
    first.close()
    #expect(try !isLocked())
  }

  @Test func `a stopped store tells what waits without a relay`() throws {
    #expect(throws: StoreError.missing(path: path)) { try SQLiteJournal(stopped: path, clock: ManualClock().clock) }
    let journal = try open()
    _ = try journal.lanes(for: [LaneTerms(name: "shop")])
    #expect(throws: StoreError.inUse(path: path, pid: "\(getpid())")) { try SQLiteJournal(stopped: path, clock: ManualClock().clock) }
    journal.close()
    let stopped = try SQLiteJournal(stopped: path, clock: ManualClock().clock)
    #expect(stopped.standing().lanes.map(\.name) == ["shop"])
    #expect(try stopped.waiting().isEmpty)
    stopped.close()
    #expect(failure() == nil)
  }
}

/// F_OFD_GETLK of fcntl(2), which the C library hides behind a feature macro.
private let ofdGetLock: Int32 = 36
