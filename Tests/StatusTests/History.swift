import Model
import Synchronization

/// Samples, one a minute.
enum History {
  /// An hour and a half in which a report and a copy came every second.
  static func steady(until now: Instant) -> [HistorySample] {
    (0...90).map { minute in
      HistorySample(
        at: now - .minutes(90 - minute), reports: minute * 60, delivered: minute * 60, failedAttempts: 0, waiting: 7, dead: 1)
    }
  }
}

/// What was asked for, in order.
final class Recorded: Sendable {
  private let instants = Mutex<[Instant]>([])
  func note(_ instant: Instant) { instants.withLock { $0.append(instant) } }
  var all: [Instant] { instants.withLock { $0 } }
}
