/// How much is looked at in one file to warn of what is allowed and yet hardly meant: conditions that exclude each other, texts that repeat or
/// contain each other, routes with the same rules. Counted and not timed, so that of one file always the same is said. What is counted is
/// only ever a warning that is not given; no rule depends on it.
struct Scrutiny {
  /// A step is about a byte that is read or compared. Several times what a file has, so that only one in which much is compared with much
  /// is not looked through whole.
  static let stepsMax = 8 * RuleFile.bytesMax
  /// Steps of a text, or of a pair of rules, however short.
  static let stepsEach = 16

  private(set) var steps = 0
  private(set) var isSpent = false

  /// To be asked before the work is done.
  /// - Returns: false, from then on for ever, if it would be more than is left.
  mutating func allows(_ more: Int) -> Bool {
    guard !isSpent, more <= Self.stepsMax - steps else {
      isSpent = true
      return false
    }
    steps += more
    return true
  }
}
