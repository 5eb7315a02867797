import Model

/// Whether a report was sent to a phone number that somebody typed, however either of them is written.
struct NumberMatch: Sendable {
  /// Fewer digits are in every number.
  static let digitsMin = 7
  private let digits: String

  /// nil if it is no phone number.
  init?(_ text: String) {
    guard text.allSatisfy({ $0.isASCII && ($0.isNumber || "+ ()-./".contains($0)) }) else { return nil }
    // The same number is written with the country's code, with a 0, and without either.
    var digits = text.filter(\.isNumber)
    if text.first == "+" || digits.hasPrefix("00") || digits.hasPrefix("90") && digits.count == 12 {
      digits = String(digits.trimmingPrefix("00"))
      if digits.hasPrefix("90") { digits = String(digits.dropFirst(2)) }
    } else if digits.hasPrefix("0") {
      digits.removeFirst()
    }
    guard digits.count >= Self.digitsMin else { return nil }
    self.digits = digits
  }

  func callAsFunction(_ payload: Payload) -> Bool {
    recipient(of: payload).map { $0.filter(\.isNumber).hasSuffix(digits) } ?? false
  }
}
