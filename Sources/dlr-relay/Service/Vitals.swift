import Model

/// Whether the relay is alive, so that a service manager need not end it. A value.
///
/// Alive is who still turns: the event loops, Swift's pool, the thread that sends, the one that writes, and the public door, which has
/// to take a connection. Ending the process must be worth it, since copies in flight would be sent twice, and reports refused meanwhile. So
/// these are no reasons:
///
/// - A disk that is full, failing or stalled. The next process would wait for the same disk, and until then this one answers 503,
///   shows what is wrong and knows what it has sent. The writer counts as alive as long as it is busy with the store, unless
///   it has kept a processor busy for so long that it must be going round in circles.
/// - More connections than `receive.connections`: the door took the connection that asked, and turned it away.
/// - Apps, hooks or an operator that do not answer.
struct Vitals: Equatable {
  enum Part: String, CaseIterable {
    case eventLoops = "the event loops"
    case pool = "Swift's pool"
    case publicDoor = "the public door"
    case deliver = "the thread that sends"
    case store = "the thread that writes"
  }

  /// Of a turn of the writer, which has bounded steps, that is not the disk's doing.
  static let turnProcessorTimeMax: Duration = .seconds(60)
  /// Of the watchdog's time. Two looks may come to nothing on a machine that has too much to do.
  static func lookEvery(_ watchdog: Duration) -> Duration { watchdog / 3 }
  /// An answer takes no longer, so that a look is over before the next. The public door asks itself for at most 2 s.
  static func answerTimeMax(_ watchdog: Duration) -> Duration { min(.seconds(5), lookEvery(watchdog) / 2) }

  private var unanswered: Set<Part> = []
  /// Of those that were asked last, who answered that it does not work.
  private var failing: Set<Part> = []

  /// - Returns: those that are to be asked: who owes an answer yet is not asked again.
  mutating func ask() -> [Part] {
    let asked = Part.allCases.filter { !unanswered.contains($0) }
    unanswered.formUnion(asked)
    failing = []
    return asked
  }

  mutating func answered(_ part: Part, isFine: Bool = true) {
    unanswered.remove(part)
    if !isFine { failing.insert(part) }
  }

  var isComplete: Bool { unanswered.isEmpty }

  /// - Parameter storeTurn: processor time of the turn that the writer is busy with; nil if it waits for work.
  /// - Returns: the parts that are dead; the relay is alive if there are none.
  func dead(storeTurn: Duration?) -> [Part] {
    Part.allCases.filter { part in
      guard unanswered.contains(part) else { return failing.contains(part) }
      guard part == .store, let storeTurn else { return true }
      return storeTurn > Self.turnProcessorTimeMax
    }
  }
}
