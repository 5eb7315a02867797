import Model

/// Writes Prometheus text, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format). All samples of a family follow its head.
///
/// Into bytes, and with labels that are escaped once for all samples they are on: a relay of 1,000 routes has tens of thousands of samples.
struct Exposition {
  enum Kind: String {
    case counter, gauge, histogram, summary
  }

  /// Of a sample, ready to be written.
  struct Labels: Sendable {
    fileprivate var bytes: [UInt8] = []

    static let none = Labels()

    private init() {}
    init(_ pairs: [(name: String, value: String)]) {
      for (name, value) in pairs { bytes.append(label: name, value) }
    }
    init(route: String) { self.init([("route", route)]) }
  }

  typealias Label = (name: String, value: String)

  private(set) var bytes: [UInt8] = []

  init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  mutating func head(_ name: String, _ kind: Kind, _ help: String) {
    bytes.append("# HELP ")
    bytes.append(name)
    bytes.append(.space)
    bytes.append(escaping: help, escapesQuotes: false)
    bytes.append("\n# TYPE ")
    bytes.append(name)
    bytes.append(.space)
    bytes.append(kind.rawValue)
    bytes.append(.newline)
  }

  /// - Parameter label: one more, after the others.
  mutating func sample(_ name: String, _ labels: Labels, _ label: Label?, _ value: some SampleValue) {
    sample(name, suffix: "", labels, label, value)
  }
  mutating func sample(_ name: String, _ labels: Labels, _ value: some SampleValue) { sample(name, labels, nil, value) }
  mutating func sample(_ name: String, _ value: some SampleValue) { sample(name, .none, nil, value) }

  /// A family with one sample and no labels.
  mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    head(name, kind, help)
    sample(name, value)
  }

  /// The same; without a sample where the value is not known.
  mutating func single(_ name: String, _ kind: Kind, _ help: String, ifKnown value: Double?) {
    head(name, kind, help)
    if let value { sample(name, value) }
  }

  /// In seconds. The counts are right to within an eighth of the bound, and never too high (`Histogram`).
  mutating func histogram(_ name: String, _ labels: Labels, _ histogram: Histogram, _ bounds: BucketBounds) {
    histogram.cumulate(bounds.own) { index, count in bucket(name, labels, bounds.texts[index], count) }
    bucket(name, labels, "+Inf", histogram.count)
    sample(name, suffix: "_sum", labels, nil, Double(histogram.sum) / 1_000_000)
    sample(name, suffix: "_count", labels, nil, histogram.count)
  }

  mutating func bucket(_ name: String, _ labels: Labels, _ bound: String, _ count: Int) {
    sample(name, suffix: "_bucket", labels, ("le", bound), count)
  }

  private mutating func sample(_ name: String, suffix: String, _ labels: Labels, _ label: Label?, _ value: some SampleValue) {
    bytes.append(name)
    bytes.append(suffix)
    if !labels.bytes.isEmpty || label != nil {
      bytes.append(UInt8(ascii: "{"))
      bytes.append(contentsOf: labels.bytes)
      if let label { bytes.append(label: label.name, label.value, isFirst: labels.bytes.isEmpty) }
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(.space)
    value.append(to: &bytes)
    bytes.append(.newline)
  }
}

protocol SampleValue {
  func append(to bytes: inout [UInt8])
}

extension Int: SampleValue {
  func append(to bytes: inout [UInt8]) {
    if self < 0 { bytes.append(UInt8(ascii: "-")) }
    let start = bytes.count
    var left = magnitude
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(left % 10))
      left /= 10
    } while left > 0
    bytes[start...].reverse()
  }
}

/// Whole numbers without a fraction, as people write them; the format knows `NaN`, `+Inf` and `-Inf`.
extension Double: SampleValue {
  func append(to bytes: inout [UInt8]) {
    if self == rounded(), abs(self) < 1e15 {
      Int(self).append(to: &bytes)
    } else if isFinite {
      bytes.append(description)
    } else {
      bytes.append(isNaN ? "NaN" : self > 0 ? "+Inf" : "-Inf")
    }
  }
}

/// Upper ends of the buckets that Prometheus is shown, in seconds.
struct BucketBounds: Sendable {
  let own: HistogramBounds
  let texts: [String]

  /// - Precondition: they rise.
  init(_ seconds: [Double]) {
    own = HistogramBounds(seconds.map { .microseconds(Int64($0 * 1_000_000)) })
    texts = seconds.map { bound in
      var text: [UInt8] = []
      bound.append(to: &text)
      return String(decoding: text, as: UTF8.self)
    }
  }
}

extension UInt8 {
  fileprivate static let space = UInt8(ascii: " ")
  fileprivate static let newline = UInt8(ascii: "\n")
}

extension [UInt8] {
  fileprivate mutating func append(_ text: String) { append(contentsOf: text.utf8) }

  fileprivate mutating func append(label name: String, _ value: String) { append(label: name, value, isFirst: isEmpty) }

  fileprivate mutating func append(label name: String, _ value: String, isFirst: Bool) {
    if !isFirst { append(UInt8(ascii: ",")) }
    append(name)
    append("=\"")
    append(escaping: value, escapesQuotes: true)
    append(UInt8(ascii: "\""))
  }

  fileprivate mutating func append(escaping text: String, escapesQuotes: Bool) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): append("\\\\")
      case .newline: append("\\n")
      case UInt8(ascii: "\"") where escapesQuotes: append("\\\"")
      default: append(byte)
      }
    }
  }
}
