import NIOCore
import Support

/// Plays the provider: posts reports over keep-alive connections, and knows what was answered.
final class Provider: Sendable {
  struct Log: Sendable {
    /// Not answered 200 so far; the last is the next to be sent.
    var waiting: [SentReport]
    var answered: Set<SentReport> = []
    /// How often each status was answered.
    var statuses: [Int: Int] = [:]
  }

  let log: Watched<Log>

  init(_ reports: [SentReport] = []) { log = Watched(Log(waiting: reports.reversed())) }

  /// Sends on each of the connections one report after another, until none waits, the relay takes no connection any more, or an
  /// answer is not 200. What was sent and not answered 200 waits for the next time.
  func send(to relay: RelayProcess, connections: Int = 8) async {
    let (door, webhook) = (relay.publicDoor, relay.webhook)
    let path = String(webhook.dropFirst("http://\(door)".count))
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<connections {
        group.addTask {
          // The relay ends a connection on which nothing comes for long, and on a busy machine a test may wait for its turn as
          // long. Then, as the provider does, it comes again.
          while await self.sendOnOneConnection(door, path: path) {}
        }
      }
    }
  }

  /// - Returns: true if the connection broke over a report, so that another may do.
  private func sendOnOneConnection(_ door: String, path: String) async -> Bool {
    let parts = door.split(separator: ":")
    guard parts.count == 2, let port = Int(parts[1]) else { preconditionFailure("\(door) is no address") }
    // A relay that is gone is not an error here: this is what the reports that still wait are for.
    let broke = try? await RawConnection.with(host: String(parts[0]), port: port) { connection in
      while let report = self.log.change({ $0.waiting.popLast() }) {
        guard let status = try? await Self.post(report, over: connection, path: path, host: door) else {
          self.log.change { $0.waiting.append(report) }
          return !Task.isCancelled
        }
        self.log.change { log in
          log.statuses[status, default: 0] += 1
          if status == 200 { log.answered.insert(report) } else { log.waiting.append(report) }
        }
        if status != 200 { return false }
      }
      return false
    }
    return broke ?? false
  }

  private static func post(_ report: SentReport, over connection: RawConnection, path: String, host: String) async throws -> Int {
    try await connection.send(request(report, path: path, host: host))
    return try await status(of: connection)
  }

  private static func request(_ report: SentReport, path: String, host: String) -> [UInt8] {
    let body = report.bytes
    let head = "POST \(path) HTTP/1.1\r\nHost: \(host)\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
    return Array(head.utf8) + body
  }

  /// Every answer of the public door is one JSON object, so it ends with the only brace that closes.
  private static func status(of connection: RawConnection) async throws -> Int {
    let answer = try await connection.read { $0.last == UInt8(ascii: "}") }
    return Int(String(decoding: answer.dropFirst(9).prefix(3), as: UTF8.self)) ?? 0
  }
}
