import Foundation
import GRDBSQLite
import Model
import Testing

@testable import Store

/// What the store says and does where writing fails for another reason than want of room.
@Suite("Broken disks", .timeLimit(.minutes(10)))
struct BrokenDiskTests {
  @Test func `a disk that breaks, or is read-only, is not called full, and the store works again when writing does, not before`() async {
    await #expect(processExitsWith: .success) {
      try await Bench.with(.sqlite) { bench in
        let lane = try bench.lanes("shop")[0]
        #expect(await bench.append(1, to: [lane]) == nil)
        for (round, code) in [EIO, EROFS].enumerated() {
          FailingWrites.begin(code)
          let answer = await bench.append(Int64(10 + round), to: [lane])
          guard case .failed = answer else {
            Issue.record("answered \(String(describing: answer)) after \(code)")
            continue
          }
          let events = bench.events.all.count
          // Each time around it looks whether it works again.
          for _ in 0..<20 { bench.nudge() }
          #expect(!bench.journal.isHealthy)
          #expect(!bench.events.all.dropFirst(events).contains { if case .storeRecovered = $0 { true } else { false } })
          FailingWrites.end()
          #expect(await bench.append(Int64(20 + round), to: [lane]) == nil)
          #expect(bench.journal.isHealthy)
        }
        #expect(try bench.query("SELECT report_id FROM report ORDER BY seq").map { $0[0] } == [1, 20, 21])
      }
    }
  }

  @Test func `what is in the way of the reserve is named, and is no want of room`() async throws {
    try await Bench.with(.sqlite) { bench in
      bench.journal.close()
      let inTheWay = bench.storePath + ".reserve"
      try? FileManager.default.removeItem(atPath: inTheWay)
      try FileManager.default.createDirectory(atPath: inTheWay, withIntermediateDirectories: false)
      try bench.restart()
      guard case .failed(Int(EISDIR), let words) = await bench.append(1, to: []) else {
        Issue.record("it was taken, or for another reason not")
        return
      }
      #expect(words.contains(inTheWay))
      #expect(!bench.journal.isHealthy)
      try FileManager.default.removeItem(atPath: inTheWay)
      #expect(await bench.append(1, to: []) == nil)
      #expect(bench.journal.isHealthy)
    }
  }
}

/// SQLite's writes fail, all of this process.
private enum FailingWrites {
  private nonisolated(unsafe) static var code: Int32 = 0

  static func begin(_ code: Int32) {
    self.code = code
    let write: @convention(c) (Int32, UnsafeRawPointer?, Int) -> Int = { _, _, _ in FailingWrites.fail() }
    let pwrite: @convention(c) (Int32, UnsafeRawPointer?, Int, Int) -> Int = { _, _, _, _ in FailingWrites.fail() }
    replace("write", by: unsafeBitCast(write, to: sqlite3_syscall_ptr.self))
    for name in ["pwrite", "pwrite64"] { replace(name, by: unsafeBitCast(pwrite, to: sqlite3_syscall_ptr.self)) }
  }

  static func end() { for name in ["write", "pwrite", "pwrite64"] { replace(name, by: nil) } }

  private static func fail() -> Int {
    errno = code
    return -1
  }

  private static func replace(_ name: String, by call: sqlite3_syscall_ptr?) {
    guard let system = sqlite3_vfs_find(nil) else { preconditionFailure("SQLite has no system") }
    let status = system.pointee.xSetSystemCall(system, name, call)
    precondition(status == SQLITE_OK, "SQLite makes no system call \(name)")
  }
}
