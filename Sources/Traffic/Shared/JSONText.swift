import FoundationEssentials

extension Encodable {
  /// One line of JSON with names in snake_case, always in the same order. For summaries, which hold nothing that JSON cannot.
  package var jsonLine: String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    } catch {
      preconditionFailure("a summary cannot be encoded: \(error)")
    }
  }
}
