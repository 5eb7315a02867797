import Logging
import Model

/// Keeps what happens all the time from filling the log: the first of a kind is written at once, those within a minute of it
/// are counted, and the count is written when the minute is over.
struct Repetition {
  static let window: Duration = .seconds(60)
  /// Kinds that are told apart within a minute. Of one more, which takes thousands of routes in trouble, only the message is told apart.
  static let linesMax = 4_096

  /// A kind of line.
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
    /// Of the first one that was held back.
    var metadata: Logger.Metadata = [:]
  }

  private var entries: [Line: Entry] = [:]
  private var nextDue = Instant.distantFuture

  var count: Int { entries.count }

  /// - Parameter metadata: asked only where a line is to be written with it, since most are held back.
  /// - Returns: the metadata of a line to be written now; nil if it is held back and counted.
  mutating func write(_ line: Line, at now: Instant, _ metadata: () -> Logger.Metadata) -> Logger.Metadata? {
    var line = line
    var isOneOfMany = false
    if entries[line] == nil, entries.count >= Self.linesMax {
      line.about = ""
      isOneOfMany = true
    }
    guard var entry = entries[line] else {
      entries[line] = Entry(since: now)
      nextDue = min(nextDue, now + Self.window)
      return metadata()
    }
    // Of many different ones, none stands for the others.
    if entry.held == 0, !isOneOfMany { entry.metadata = metadata() }
    entry.held += 1
    entries[line] = entry
    return nil
  }

  func isDue(at now: Instant) -> Bool { now >= nextDue }

  /// What was held back in minutes that are over; a line that goes on begins its next minute.
  mutating func due(at now: Instant, isEnding: Bool = false) -> [Held] {
    guard isEnding || isDue(at: now) else { return [] }
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
