import Model

/// Writes Prometheus text, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format). All samples of a family follow its head.
struct Exposition {
  enum Kind: String {
    case counter, gauge, histogram, summary
  }

  typealias Labels = [(name: String, value: String)]

  private(set) var text = ""

  mutating func head(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(Self.escaped(help: help))\n# TYPE \(name) \(kind.rawValue)\n"
  }

  mutating func sample(_ name: String, _ labels: Labels, _ value: Int) { line(name, labels, String(value)) }

  mutating func sample(_ name: String, _ labels: Labels, _ value: Double) { line(name, labels, Self.number(value)) }

  /// A family with one sample and no labels.
  mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    head(name, kind, help)
    sample(name, [], value)
  }

  /// In seconds. The counts are right to within an eighth of the bound, and never too high (`Histogram`).
  mutating func histogram(_ name: String, _ labels: Labels, _ histogram: Histogram, bounds: [Double]) {
    for bound in bounds {
      sample(name + "_bucket", labels + [("le", Self.number(bound))], histogram.count(upTo: .microseconds(Int64(bound * 1_000_000))))
    }
    sample(name + "_bucket", labels + [("le", "+Inf")], histogram.count)
    sample(name + "_sum", labels, Double(histogram.sum) / 1_000_000)
    sample(name + "_count", labels, histogram.count)
  }

  private mutating func line(_ name: String, _ labels: Labels, _ value: String) {
    text += name
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0.name)=\"\(Self.escaped(label: $0.value))\"" }.joined(separator: ",") + "}"
    }
    text += " \(value)\n"
  }

  /// Whole numbers without a fraction, as people write them; the format knows `NaN`, `+Inf` and `-Inf`.
  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
    return value.description
  }

  private static func escaped(help: String) -> String { escaped(help, quote: "\"") }
  private static func escaped(label: String) -> String { escaped(label, quote: "\\\"") }

  private static func escaped(_ text: String, quote: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"": escaped += quote
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
