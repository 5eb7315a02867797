import Foundation
import Synchronization
import Testing

/// The built program, as a script would use it.
@Suite(.timeLimit(.minutes(10)))
struct CommandTests {
  @Test func `simulate sends to sink and both say so in JSON`() async throws {
    let sink = try Command(["sink", "--port", "0", "--json"])
    let ready = try #require(await sink.errorLine())
    let address = try #require(ready.wholeMatch(of: #/sink listening on (http:\/\/127\.0\.0\.1:\d+)/#)).1

    let simulate = try Command([
      "simulate", "\(address)/hook?token=t", "--rate", "0", "--count", "40", "--duplicates", "0", "--seed", "9", "--json",
    ])
    let sent = try #require(await simulate.outputLine())
    #expect(await simulate.exitCode() == 0)
    let counts = try #require(JSONSerialization.jsonObject(with: Data(sent.utf8)) as? [String: Any])
    #expect(counts["reports"] as? Int == 40)
    #expect(counts["seed"] as? Int == 9)
    #expect((counts["latency_ms"] as? [String: Any])?["p99"] as? Double != nil)

    sink.interrupt()
    let got = try #require(await sink.outputLine())
    #expect(await sink.exitCode() == 0)
    let taken = try #require(JSONSerialization.jsonObject(with: Data(got.utf8)) as? [String: Any])
    #expect(taken["requests"] as? Int == 40)
    #expect(taken["without_id"] as? Int == 40)
  }

  @Test func `the first line of sink says where it listens, and an unreached --until is exit code 1`() async throws {
    let sink = try Command(["sink", "--port", "0", "--until", "3"])
    #expect(try #require(await sink.outputLine()).hasPrefix("sink listening on http://127.0.0.1:"))
    sink.interrupt()
    #expect(await sink.exitCode() == 1)
  }

  @Test func `simulate fails if reports were not taken`() async throws {
    let sink = try Command(["sink", "--port", "0", "--status", "503"])
    let address = try #require(await sink.outputLine()?.split(separator: " ").last)
    let simulate = try Command(["simulate", "\(address)/", "--rate", "0", "--count", "2", "--retries", "0"])
    #expect(await simulate.exitCode() == 1)
    sink.interrupt()
    #expect(await sink.exitCode() == 0)
  }

  @Test(arguments: [
    ["simulate", "https://127.0.0.1/?token=t"], ["simulate", "http://127.0.0.1/", "--duplicates", "2"],
    ["simulate", "http://127.0.0.1/", "--packet-prefixes", "10x"], ["sink", "--delay", "5"], ["sink", "--secret", "x"],
    ["sink", "--fail", "-1"],
  ])
  func `wrong usage is told on stderr and starts nothing`(arguments: [String]) async throws {
    let command = try Command(arguments)
    #expect(try #require(await command.errorLine()).hasPrefix("Error: "))
    #expect(await command.exitCode() > 1)
  }
}

/// A run of the built program, which stands beside the test bundle.
private final class Command: Sendable {
  private let process: Process
  private let output: Lines
  private let error: Lines
  private let exit: Task<Int32, Never>

  init(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("dlr-relay")
    process.arguments = arguments
    output = Lines()
    error = Lines()
    process.standardOutput = output.pipe
    process.standardError = error.pipe
    let (exits, continuation) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { continuation.yield($0.terminationStatus) }
    try process.run()
    self.process = process
    exit = Task { await exits.first { _ in true } ?? -1 }
  }

  func outputLine() async -> String? { await output.next() }
  func errorLine() async -> String? { await error.next() }
  func interrupt() { process.interrupt() }
  func exitCode() async -> Int32 { await exit.value }

  /// The lines that come through a pipe.
  private final class Lines: Sendable {
    let pipe = Pipe()
    private let lines: AsyncStream<String>

    init() {
      let (lines, continuation) = AsyncStream.makeStream(of: String.self)
      self.lines = lines
      let rest = Mutex(Data())
      pipe.fileHandleForReading.readabilityHandler = { handle in
        let data = handle.availableData
        if data.isEmpty {
          handle.readabilityHandler = nil
          return continuation.finish()
        }
        rest.withLock { rest in
          rest += data
          while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
            rest = Data(rest[rest.index(after: end)...])
          }
        }
      }
    }

    func next() async -> String? { await lines.first { _ in true } }
  }
}
