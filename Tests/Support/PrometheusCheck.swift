/// Reads Prometheus text as strictly as its format is written, with the rules of `promtool check metrics` on top.
package struct PrometheusCheck: Sendable {
  package struct Family: Sendable {
    package var kind: String
    package var help: String
    package var samples: [Sample] = []
  }

  package struct Sample: Sendable {
    package var name: String
    package var labels: [String: String]
    package var value: Double
  }

  package struct Flaw: Error, CustomStringConvertible {
    package var line: Int
    package var words: String
    package var description: String { "line \(line): \(words)" }
  }

  package private(set) var families: [String: Family] = [:]

  /// - Throws: `Flaw`, the first one.
  package init(_ text: String) throws {
    guard text.hasSuffix("\n") else { throw Flaw(line: 0, words: "the last line has no end") }
    var current: String?
    var seen: Set<String> = []
    for (index, line) in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let number = index + 1
      func flaw(_ words: String) -> Flaw { Flaw(line: number, words: "\(words): \(line)") }
      if line.hasPrefix("# HELP ") {
        let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1)
        guard parts.count == 2, families[String(parts[0])] == nil else { throw flaw("a family without help, or a second time") }
        current = String(parts[0])
        families[String(parts[0])] = Family(kind: "", help: String(parts[1]))
      } else if line.hasPrefix("# TYPE ") {
        let parts = line.dropFirst(7).split(separator: " ")
        guard parts.count == 2, String(parts[0]) == current, families[String(parts[0])]?.kind == "" else {
          throw flaw("TYPE without its HELP")
        }
        guard ["counter", "gauge", "histogram", "summary"].contains(parts[1]) else { throw flaw("no such type") }
        families[String(parts[0])]?.kind = String(parts[1])
      } else {
        guard let sample = Self.sample(line) else { throw flaw("no sample") }
        guard let current, let family = families[current], family.kind != "" else { throw flaw("a sample without a head") }
        let suffixes = ["histogram": ["_bucket", "_sum", "_count"], "summary": ["", "_sum", "_count"]][family.kind] ?? [""]
        guard suffixes.contains(where: { sample.name == current + $0 }) else { throw flaw("a sample of another family") }
        guard seen.insert("\(sample.name)\(sample.labels.sorted { $0.key < $1.key })").inserted else { throw flaw("a series twice") }
        families[current]?.samples.append(sample)
      }
    }
    for (name, family) in families {
      if let words = Self.lint(name, family) { throw Flaw(line: 0, words: "\(name): \(words)") }
    }
  }

  /// The value of the one series with exactly these labels.
  package func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
    let found = families.values.flatMap(\.samples).filter { $0.name == name && $0.labels == labels }
    return found.count == 1 ? found[0].value : nil
  }

  private static func lint(_ name: String, _ family: Family) -> String? {
    guard isName(name), name == name.lowercased(), !name.contains("__") else { return "the name is not in snake case" }
    if family.kind == "counter" ? !name.hasSuffix("_total") : name.hasSuffix("_total") { return "_total is for counters, and for all" }
    for unit in ["_ms", "_milliseconds", "_microseconds", "_minutes", "_hours", "_kilobytes", "_mb", "_percent"] where name.contains(unit) {
      return "not a base unit"
    }
    for word in ["_gauge", "_counter", "_histogram", "_summary"] where name.contains(word) { return "the type is in the name" }
    return family.kind == "histogram" ? lintHistogram(name, family.samples) : nil
  }

  private static func lintHistogram(_ name: String, _ samples: [Sample]) -> String? {
    var buckets: [[String: String]: [(bound: Double, count: Double)]] = [:]
    for sample in samples where sample.name == name + "_bucket" {
      guard let bound = sample.labels["le"].flatMap(number) else { return "a bucket without le" }
      buckets[sample.labels.filter { $0.key != "le" }, default: []].append((bound, sample.value))
    }
    for (labels, buckets) in buckets {
      guard buckets.last?.bound == .infinity else { return "no +Inf at the end" }
      for (a, b) in zip(buckets, buckets.dropFirst()) where a.bound >= b.bound || a.count > b.count { return "buckets fall" }
      let others = samples.filter { $0.labels == labels }
      guard others.contains(where: { $0.name == name + "_sum" }) else { return "no sum" }
      guard others.contains(where: { $0.name == name + "_count" && $0.value == buckets.last?.count }) else { return "count is not +Inf's" }
    }
    return nil
  }

  private static func isName(_ name: some StringProtocol) -> Bool {
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    return name.unicodeScalars.allSatisfy { $0 == "_" || ($0.isASCII && $0.properties.isAlphabetic) || ("0"..."9").contains($0) }
  }

  private static func number(_ text: some StringProtocol) -> Double? {
    switch text {
    case "+Inf": .infinity
    case "-Inf": -.infinity
    case "NaN": .nan
    default: text.contains { $0.isLetter && $0 != "e" } ? nil : Double(text)
    }
  }

  /// `name{label="value",...} number`, without a time.
  private static func sample(_ line: Substring) -> Sample? {
    let nameEnd = line.firstIndex { $0 == "{" || $0 == " " } ?? line.endIndex
    guard isName(line[..<nameEnd]) else { return nil }
    var rest = line[nameEnd...]
    var labels: [String: String] = [:]
    if rest.hasPrefix("{") {
      rest = rest.dropFirst()
      while !rest.hasPrefix("}") {
        guard let equals = rest.firstIndex(of: "="), isName(rest[..<equals]) else { return nil }
        let label = String(rest[..<equals])
        guard let (value, after) = quoted(rest[equals...].dropFirst()), labels.updateValue(value, forKey: label) == nil else { return nil }
        rest = after.hasPrefix(",") ? after.dropFirst() : after
        guard after.hasPrefix(",") || after.hasPrefix("}") else { return nil }
      }
      rest = rest.dropFirst()
    }
    guard rest.hasPrefix(" "), let value = number(rest.dropFirst()) else { return nil }
    return Sample(name: String(line[..<nameEnd]), labels: labels, value: value)
  }

  private static func quoted(_ text: Substring) -> (value: String, rest: Substring)? {
    guard text.hasPrefix("\"") else { return nil }
    var value = ""
    var rest = text.unicodeScalars.dropFirst()
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\"": return (value, Substring(rest))
      case "\\":
        switch rest.popFirst() {
        case "\\": value += "\\"
        case "\"": value += "\""
        case "n": value += "\n"
        default: return nil
        }
      default: value.unicodeScalars.append(scalar)
      }
    }
    return nil
  }
}
