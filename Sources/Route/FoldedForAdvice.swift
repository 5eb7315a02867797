import Model

extension Fold {
  /// The text as this fold compares it, near enough for advice about rules: letters of two scalars are left as they are.
  func folded(_ text: String) -> [UInt8] {
    switch self {
    case .none: return Array(text.utf8)
    case .ascii: return text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    case .turkish:
      var folded = ""
      for scalar in text.unicodeScalars {
        switch scalar {
        case "I": folded += "ı"
        case "İ": folded += "i"
        default: folded += scalar.properties.lowercaseMapping
        }
      }
      return Array(folded.utf8)
    }
  }
}
