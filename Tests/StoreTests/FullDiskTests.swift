import Foundation
import Model
import Support
import Testing

@testable import Store

/// A store without room: nothing is answered that is not stored, nothing stored is lost, and it goes on by itself.
@Suite("A full disk", .timeLimit(.minutes(10)))
struct FullDiskTests {
  private static let bodyBytes = 60_000

  /// Appends until the store has no more room.
  /// - Returns: the ids that were stored.
  private static func fill(_ bench: Bench, to lanes: [LaneID], from first: Int64 = 1) async -> Set<Int64> {
    var stored: Set<Int64> = []
    for id in first..<first + 1_000 {
      switch await bench.append(id, to: lanes, bytes: bodyBytes) {
      case nil: stored.insert(id)
      case .full: return stored
      case let other: Issue.record("answered \(String(describing: other))")
      }
    }
    Issue.record("it never was full")
    return stored
  }

  private static func ids(_ bench: Bench) throws -> Set<Int64> {
    Set(try bench.query("SELECT report_id FROM report JOIN payload USING (seq) JOIN ready USING (seq)").map { $0[0] })
  }

  @Test func `at a limit of the file's size reports are refused, results are kept, and both go on when it is lifted`() async {
    await #expect(processExitsWith: .success) {
      // Otherwise the limit kills the process.
      signal(SIGXFSZ, SIG_IGN)
      try await Bench.with(.sqlite) { bench in
        let lane = try bench.lanes("shop")[0]
        _ = try await bench.catchUp(lane)
        await bench.append(0, to: [lane])
        try await bench.receiver.wait { $0.deliveries.count == 1 }
        let delivery = bench.receiver.seen.deliveries[0]
        try Self.limitFileSize(Limits.reserveBytes + 1_024 * 1_024)
        let stored = await Self.fill(bench, to: [lane])
        #expect(stored.count > 10)
        #expect(!bench.journal.isHealthy)
        #expect(await bench.append(9_999, to: [lane], bytes: Self.bodyBytes) == .full)
        bench.journal.settle([bench.settlement(of: delivery, .delivered)])
        bench.nudge()
        try Self.limitFileSize(nil)
        #expect(await bench.append(10_000, to: [lane]) == nil)
        try await bench.receiver.wait { $0.settled == 1 }
        #expect(bench.journal.isHealthy)
        #expect(try Self.ids(bench) == stored.union([10_000]))
        #expect(bench.standing(of: lane).delivered == 1)
        #expect(bench.standing.reports == stored.count + 2)
        try bench.restart()
        #expect(try Self.ids(bench) == stored.union([10_000]))
        #expect(bench.standing.reports == stored.count + 2)
      }
    }
  }

  /// - Parameter bytes: nil for no limit.
  private static func limitFileSize(_ bytes: Int?) throws {
    var limit = rlimit()
    try #require(getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
    limit.rlim_cur = bytes.map(rlim_t.init) ?? limit.rlim_max
    try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
  }

  @Test(.enabled(if: SmallDisk.isPossible, "needs to be allowed to mount a tmpfs"))
  func `on a full disk results are stored in the reserve, and reports are taken again when there is room`() async throws {
    let disk = try SmallDisk(bytes: 24 * 1_024 * 1_024)
    defer { disk.unmount() }
    let ballast = disk.path + "/ballast"
    try Data(count: 10 * 1_024 * 1_024).write(to: URL(filePath: ballast))
    // Memory is not what this is about.
    let book = LaneBook(laneBytesMax: 64 * 1_024 * 1_024, lanesBytesMax: 64 * 1_024 * 1_024)
    let bench = try Bench(.sqlite, at: disk.path, book: book)
    defer { bench.journal.close() }
    let lane = try bench.lanes("shop")[0]
    _ = try await bench.catchUp(lane)
    let stored = await Self.fill(bench, to: [lane])
    #expect(stored.count > 10)
    #expect(!bench.journal.isHealthy)

    let deliveries = bench.receiver.seen.deliveries
    #expect(deliveries.count > 10)
    for delivery in deliveries.prefix(10) { try await bench.settle(delivery, .retry(due: bench.clock.now)) }
    let retries = try await bench.fetch(.retry, of: lane).deliveries
    #expect(retries.count == 10)
    try await bench.settle(retries.map { bench.settlement(of: $0, .delivered) })
    #expect(bench.standing(of: lane).delivered == 10)
    #expect(await bench.append(9_999, to: [lane]) == .full, "the reserve is not for reports")
    #expect(!bench.journal.isHealthy)
    #expect(await bench.claim([Claim(packetID: 1, lane: lane)]) == .failure(.full), "nor for orders")
    try await bench.settle(deliveries[10], .dead)
    let job = try await bench.start(.replay, Selection(state: .dead))
    for _ in 0..<3 { bench.nudge() }
    #expect(try bench.journal.jobs().map(\.count) == [0], "nor for replays")
    let samples = try bench.journal.history(since: Instant(microseconds: 0))
    bench.clock.advance(by: .minutes(2))
    for _ in 0..<3 { bench.nudge() }
    #expect(try bench.journal.history(since: Instant(microseconds: 0)) == samples, "nor for samples")

    try FileManager.default.removeItem(atPath: ballast)
    #expect(await bench.append(10_000, to: [lane]) == nil)
    #expect(bench.journal.isHealthy)
    #expect(try bench.journal.history(since: Instant(microseconds: 0)).count == samples.count + 1)
    #expect(bench.events.all.contains { if case .storeRecovered = $0 { true } else { false } })
    #expect(FileManager.default.fileExists(atPath: bench.storePath + ".reserve"))
    #expect(try await bench.finish(job).count == 1)
    try bench.restart()
    #expect(try Self.ids(bench).count == stored.count - 11 + 1)
    #expect(bench.standing.reports == stored.count + 1)
    #expect(bench.standing(of: lane).pending == stored.count - 10 + 1)
  }

  @Test(.enabled(if: SmallDisk.isPossible, "needs to be allowed to mount a tmpfs"))
  func `a store is not made where there is no room for it`() throws {
    let disk = try SmallDisk(bytes: 64 * 1_024)
    defer { disk.unmount() }
    try Data(count: 60 * 1_024).write(to: URL(filePath: disk.path + "/ballast"))
    #expect(throws: StoreError.diskFull(path: disk.path + "/relay.db")) { try Bench(.sqlite, at: disk.path) }
  }
}

/// A file system of its own, in memory, that a few megabytes fill.
struct SmallDisk {
  let path: String
  private let folder: TemporaryFolder

  init(bytes: Int) throws {
    folder = try TemporaryFolder()
    path = folder.path
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)") == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM) }
  }

  func unmount() { umount2(path, Int32(MNT_DETACH)) }

  static let isPossible: Bool = {
    guard let disk = try? SmallDisk(bytes: 64 * 1_024) else { return false }
    disk.unmount()
    return true
  }()
}
