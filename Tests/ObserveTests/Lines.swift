import Foundation
import Logging
import Model
import Observe
import Testing

/// What is written to a log sink while `body` runs: the text of a pipe, which holds 64 KiB.
func written(_ body: (LogSink) throws -> Void) throws -> String {
  let pipe = Pipe()
  try body(LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor))
  try pipe.fileHandleForWriting.close()
  return String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
}

/// The lines as JSON objects; throws if any is none.
func objects(_ text: String) throws -> [[String: Any]] {
  try text.split(separator: "\n").map { line in
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }
}

/// An event log that writes JSON lines, with the routes `shop` and `bank` as lanes 1 and 2.
func eventLog(to sink: LogSink, level: Logger.Level = .info, clock: @escaping Clock) -> EventLog {
  let logger = Logger(label: "relay") { JSONLogHandler(label: $0, level: SharedLevel(level), sink: sink, clock: clock) }
  return EventLog(logger: logger, laneName: { ["shop", "bank"][$0.number - 1] }, clock: clock)
}
