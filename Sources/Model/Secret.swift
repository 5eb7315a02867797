/// A value that must not be shown. Printing, dumping or interpolating it gives `***`; the one way to the text is `reveal()`,
/// which is therefore easy to search for.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let text: String

  package init(_ text: String) { self.text = text }

  package func reveal() -> String { text }
  package var isEmpty: Bool { text.isEmpty }
  package var description: String { "***" }
  package var debugDescription: String { "***" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
