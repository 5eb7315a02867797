import Model

/// One thing that was looked at, and what to do about it.
struct Finding: Encodable, Equatable {
  enum Level: String, Encodable, CaseIterable {
    case ok
    /// Worth knowing; nothing need be done.
    case note
    /// Works, and may not for long.
    case warning
    case error
  }

  var level: Level
  /// What was looked at, in a word or with the name of a route.
  var topic: String
  /// One line, without a secret.
  var text: String
  /// What to do.
  var advice: String?

  static func ok(_ topic: String, _ text: String) -> Finding { Finding(level: .ok, topic: topic, text: text) }
  static func note(_ topic: String, _ text: String, _ advice: String? = nil) -> Finding {
    Finding(level: .note, topic: topic, text: text, advice: advice)
  }
  static func warning(_ topic: String, _ text: String, _ advice: String) -> Finding {
    Finding(level: .warning, topic: topic, text: text, advice: advice)
  }
  static func error(_ topic: String, _ text: String, _ advice: String) -> Finding {
    Finding(level: .error, topic: topic, text: text, advice: advice)
  }
}

/// All that was found, as it is printed.
struct Diagnosis: Encodable {
  var findings: [Finding]

  var hasErrors: Bool { findings.contains { $0.level == .error } }

  func text(hasColour: Bool) -> String {
    let width = findings.map(\.topic.count).max() ?? 0
    var lines = findings.map { finding in
      let word = finding.level.rawValue.padded(to: 7)
      let shown = hasColour ? "\u{1b}[\(Self.colour(finding.level))m\(word)\u{1b}[0m" : word
      let advice = finding.advice.map { "; \($0)" } ?? ""
      return "\(shown)  \(finding.topic.padded(to: width))  \(finding.text)\(advice)"
    }
    let counts = [Finding.Level.error, .warning, .note].map { level in (level, findings.count { $0.level == level }) }
    lines.append(
      counts.map { "\($0.1) \($0.0.rawValue)\($0.1 == 1 ? "" : "s")" }.joined(separator: ", "))
    return lines.joined(separator: "\n")
  }

  private static func colour(_ level: Finding.Level) -> Int {
    switch level {
    case .ok: 32
    case .note: 36
    case .warning: 33
    case .error: 31
    }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
