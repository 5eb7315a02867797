import Foundation
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Server-sent events (HTML Living Standard, 9.2): of a page's sections those that are not as they were.
struct EventStream {
  static let type = "text/event-stream"
  /// After which a browser that lost the connection asks again, in milliseconds.
  private static let retryAfter = 3_000

  private var sent: [String: String] = [:]

  static var opening: ByteBuffer { ByteBuffer(string: "retry: \(retryAfter)\n\n") }

  /// A comment if nothing changed: it keeps the connection from looking idle, and finds out if it is gone.
  mutating func event(_ frame: LiveRoom.Frame) throws -> ByteBuffer {
    let changed = frame.parts.filter { sent[$0.id] != $0.html }
    guard !changed.isEmpty else { return ByteBuffer(string: ": nothing new\n\n") }
    let sections = Dictionary(uniqueKeysWithValues: changed.map { ($0.id, $0.html) })
    sent.merge(sections) { $1 }
    // JSON has no line break in it, which would end the data.
    let data = String(decoding: try JSONEncoder().encode(sections), as: UTF8.self)
    return ByteBuffer(string: "event: sections\ndata: \(data)\n\n")
  }

  /// Ends when the seat does, when the viewer is gone, and when the door closes.
  static func body(_ seat: LiveRoom.Seat) -> ResponseBody {
    ResponseBody { writer in
      try await withGracefulShutdownHandler {
        try await writer.write(opening)
        var stream = EventStream()
        for await frame in seat.frames { try await writer.write(stream.event(frame)) }
        try await writer.finish(nil)
      } onGracefulShutdown: {
        seat.end()
      }
    }
  }
}
