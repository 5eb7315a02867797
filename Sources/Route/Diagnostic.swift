/// A mistake in a rule file, or something in it that is worth a second look.
package struct Diagnostic: Sendable, Hashable, Error, CustomStringConvertible {
  package enum Severity: String, Sendable { case error, warning }

  package var file: String
  /// From 1.
  package var line: Int
  /// From 1, counted in Unicode scalars.
  package var column: Int
  package var severity: Severity
  package var message: String
  /// What to do about it.
  package var hint: String?
  /// The source line, with every value that may be a secret masked. Empty where no line can be shown.
  package var excerpt: String
  /// Scalars of `excerpt` before the caret. Differs from `column` where masking or clipping moved the text.
  package var caretOffset: Int
  /// The name of the route that it is about, as it stands in the file; nil for what is about none, or about one without a name.
  package var route: String?

  /// `routes.yaml:14:9: error: message; hint`: one line, for a log.
  package var summary: String {
    "\(file):\(line):\(column): \(severity.rawValue): \(message)" + (hint.map { "; \($0)" } ?? "")
  }

  /// The summary, then the source line and a caret below it.
  package var description: String {
    guard !excerpt.isEmpty else { return summary }
    var padding = String.UnicodeScalarView()
    // Tabs are repeated, so that the caret stands right whatever a terminal makes of them.
    for scalar in excerpt.unicodeScalars.prefix(caretOffset) { padding.append(scalar == "\t" ? "\t" : " ") }
    return "\(summary)\n\(excerpt)\n\(String(padding))^"
  }
}

extension Diagnostic: Comparable {
  /// By position in the file; errors first where there are several.
  package static func < (a: Diagnostic, b: Diagnostic) -> Bool {
    (a.line, a.column, a.severity == .error ? 0 : 1, a.message) < (b.line, b.column, b.severity == .error ? 0 : 1, b.message)
  }
}
