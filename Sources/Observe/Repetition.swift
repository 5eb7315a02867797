import Logging
import Model

/// Keeps what happens all the time from filling the log: the first of a kind is written at once, those within a minute of it
/// are counted, and the count is written when the minute is over.
struct Repetition {
  static let window: Duration = .seconds(60)

  /// A kind of line. There are as many as reasons and routes, so the table needs no bound of its own.
  struct Line: Hashable {
    var level: Logger.Level
    var message: String
    /// What tells one line of this message from another: a reason or a route.
    var about: String
  }

  struct Held {
    var line: Line
    var count: Int
    var metadata: Logger.Metadata
  }

  private struct Entry {
    var since: Instant
    var held = 0
    /// Of the last one that was held back.
    var metadata: Logger.Metadata = [:]
  }

  private var entries: [Line: Entry] = [:]
  private var nextDue = Instant.distantFuture

  /// False if the line is held back and counted.
  mutating func shouldWrite(_ line: Line, metadata: Logger.Metadata, at now: Instant) -> Bool {
    guard var entry = entries[line] else {
      entries[line] = Entry(since: now)
      nextDue = min(nextDue, now + Self.window)
      return true
    }
    entry.held += 1
    entry.metadata = metadata
    entries[line] = entry
    return false
  }

  /// What was held back in minutes that are over; a line that goes on begins its next minute.
  mutating func due(at now: Instant, isEnding: Bool = false) -> [Held] {
    guard isEnding || now >= nextDue else { return [] }
    var held: [Held] = []
    nextDue = .distantFuture
    for (line, entry) in entries {
      if isEnding || now - entry.since >= Self.window {
        if entry.held > 0 { held.append(Held(line: line, count: entry.held, metadata: entry.metadata)) }
        entries[line] = entry.held > 0 ? Entry(since: now) : nil
      }
      if let kept = entries[line] { nextDue = min(nextDue, kept.since + Self.window) }
    }
    return held.sorted { ($0.line.message, $0.line.about) < ($1.line.message, $1.line.about) }
  }
}
