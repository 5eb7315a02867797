import Foundation
import Testing
import Wakeup

/// A thread's sleep.
@Suite(.timeLimit(.minutes(5)))
struct WakeupTests {
  @Test func `who waits for a time waits until then, and is told that nobody called`() {
    let (wakeup, began) = (Wakeup(), SuspendingClock.now)
    #expect(!wakeup.wait(until: began + .milliseconds(30)))
    #expect(SuspendingClock.now >= began + .milliseconds(30))
    #expect(!wakeup.wait(until: began), "that is over")
    #expect(!wakeup.wait(atMost: .seconds(-5)))
  }

  @Test func `each call is heard once, whether it comes before the wait or during it`() async {
    let wakeup = Wakeup()
    wakeup.signal()
    wakeup.signal()
    #expect(wakeup.wait(atMost: .seconds(1_000_000_000)))
    wakeup.wait()
    #expect(!wakeup.wait(atMost: .zero))
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        #expect(wakeup.wait(atMost: .seconds(200)))
        continuation.resume()
      }
      wakeup.signal()
    }
  }

  /// libdispatch's waits with a time-out end by the time of day on Linux: set back by an hour, they last an hour longer.
  @Test func `no thread of the relay sleeps by the time of day`() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources").standardizedFileURL
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)).compactMap { $0 as? URL }
    let swift = files.filter { $0.pathExtension == "swift" }
    #expect(swift.count > 100)
    for file in swift {
      let text = try String(contentsOf: file, encoding: .utf8)
      for call in text.ranges(of: "wait(timeout:") {
        #expect(text[call.upperBound...].hasPrefix(" .now())"), "\(file.lastPathComponent) waits for a time; let a Wakeup do that")
      }
    }
  }
}
