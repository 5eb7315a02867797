/// How many copies a lane may have in flight: between 1 and the route's `concurrency`.
///
/// Grows by one with each delivery. Halves on 429, on attempts without an answer and when most of a window's worth of answers are
/// failures; at most once per window's worth, so that one burst of simultaneous failures counts once.
package struct Window: Sendable, Equatable {
  package private(set) var size: Int
  package private(set) var sizeMax: Int
  private var answersUntilNextShrink = 0
  /// Of the present window's worth of answers.
  private var answers = 0
  private var failures = 0

  package init(sizeMax: Int) {
    precondition(sizeMax >= 1, "a lane without a window never sends")
    self.sizeMax = sizeMax
    size = sizeMax
  }

  package mutating func settled(_ outcome: Outcome) {
    answersUntilNextShrink = max(0, answersUntilNextShrink - 1)
    answers += 1
    if !outcome.isDelivered { failures += 1 }
    let isWhole = answers >= size
    let mostFail = isWhole && failures * 2 > answers
    if isWhole { (answers, failures) = (0, 0) }

    if isOverload(outcome) || mostFail {
      shrink()
    } else if outcome.isDelivered {
      size = min(sizeMax, size + 1)
    }
  }

  private mutating func shrink() {
    guard answersUntilNextShrink == 0 else { return }
    // As many may have been in flight, and all of them may have met the same trouble.
    answersUntilNextShrink = size
    size = max(1, size / 2)
    (answers, failures) = (0, 0)
  }

  /// After an outage the app starts gently.
  package mutating func restart() {
    size = 1
    (answersUntilNextShrink, answers, failures) = (0, 0, 0)
  }

  package mutating func resize(sizeMax: Int) {
    precondition(sizeMax >= 1, "a lane without a window never sends")
    self.sizeMax = sizeMax
    size = min(size, sizeMax)
  }

  private func isOverload(_ outcome: Outcome) -> Bool { outcome.isOutage || outcome.status == Outcome.tooManyRequests }
}
