import Traffic

@testable import Route

/// A rule file made from the definitions of its keys, and what can be broken in it.
struct GeneratedFile {
  enum Break: CaseIterable { case unknownKey, missingKey, noValue, wrongKind, outOfBounds, unknownWord, emptyList }

  struct Broken {
    var kind: Break
    var how: String
    var yaml: String
  }

  private indirect enum Value {
    case plain(String)
    case list([Value])
    case block([(name: String, value: Value)], Block?)

    var yaml: String {
      switch self {
      case .plain(let text): text
      case .list(let items): "[" + items.map(\.yaml).joined(separator: ", ") + "]"
      case .block(let members, _): "{ " + members.map { "\($0.name): \($0.value.yaml)" }.joined(separator: ", ") + " }"
      }
    }
  }

  private var root: Value
  var yaml: String { root.yaml + "\n" }

  init(using rng: inout SplitMix64) {
    var maker = Maker()
    root = maker.block(.file, depth: 0, &rng)
  }

  /// Makes values that are good by themselves and together.
  private struct Maker {
    private var routes = 0

    mutating func block(_ block: Block, depth: Int, _ rng: inout SplitMix64) -> Value {
      var keys = block.keys.filter { $0.isRequired || Int.random(in: 0..<3, using: &rng) == 0 }
      switch block {
      case .route:
        routes += 1
        let rules = [["markers"], ["packet_prefixes"], ["markers", "packet_prefixes"], ["match"], ["otherwise"], ["orders"]]
        let rule = rules.randomElement(using: &rng)!
        let all = Set(rules.joined())
        keys = block.keys.filter { key in rule.contains(key.name) || !all.contains(key.name) && keys.contains { $0.name == key.name } }
        if rule != ["orders"] { keys.removeAll { $0.name == "order_key" } }
      case .condition:
        let leaves = block.keys.filter { !["all", "any", "not"].contains($0.name) }
        keys = (0...Int.random(in: 0...1, using: &rng)).map { _ in (depth > 4 ? leaves : block.keys).randomElement(using: &rng)! }
        if keys.count == 2, keys[0].name == keys[1].name { keys.removeLast() }
      case .rateLimit: keys = block.keys
      case .retry: keys.removeAll { ["first", "max"].contains($0.name) }
      // Two listeners on one port, or an open one without a token, are for other tests.
      case .receive: keys.removeAll { $0.name == "listen" }
      case .status:
        keys.removeAll { $0.name == "listen" }
        if !keys.contains(where: { $0.name == "token" }) { keys.removeAll { $0.name == "read_token" } }
      default: break
      }
      return .block(keys.map { (name: $0.name, value: value(of: $0, depth: depth, &rng)) }, block)
    }

    private mutating func value(of key: Definition, depth: Int, _ rng: inout SplitMix64) -> Value {
      switch key.name {
      case "name": return .plain("r\(routes)")
      case "url": return .plain("\"http://10.0.0.1/\(routes)-${T}\"")
      case "value", "token": return .plain("\"${T}\"")
      case "tokens": return .list([.plain("\"${T}\"")])
      case "secret": return Bool.random(using: &rng) ? .plain("\"${S}\"") : .list([.plain("\"${S}\"")])
      case "order_key": return .plain("\"\(routes)-${T}\"")
      case "otherwise" where key.shape.isBoolean, "orders" where key.shape.isBoolean:
        return .plain(["true", "\"true\""].randomElement(using: &rng)!)
      case "to_prefix": return .plain(["+90532", "\"+1\"", "[\"+44\", \"+90\"]"].randomElement(using: &rng)!)
      case "label": return .plain("2026-11")
      default: return value(of: key.shape, depth: depth, &rng)
      }
    }

    private mutating func value(of shape: Shape, depth: Int, _ rng: inout SplitMix64) -> Value {
      func plain(_ words: [String]) -> Value { .plain(words.randomElement(using: &rng)!) }
      func quoted(_ text: String) -> Value { plain([text, "\"\(text)\"", "\"${NONE:-\(text)}\""]) }
      switch shape {
      case .text(let form):
        if form.pattern == TextForm.digits.pattern { return plain(["1045", "\"99\"", "0", "\"${NONE:-7}\""]) }
        return form.example.map { .plain("\"\($0)\"") }
          ?? plain(["iim.to/", "\"#SHOP\"", "99", "true", "1.5", "'İptal ı'", "\"a${T}b\"", "x: y".debugDescription])
      case .boolean: return quoted(["true", "false"].randomElement(using: &rng)!)
      case .yes: return quoted("true")
      case .integer(let bounds): return quoted(String(Int.random(in: bounds, using: &rng)))
      case .number(let bounds): return quoted(String(Int.random(in: 1...Int(bounds.upperBound), using: &rng)))
      case .size: return plain(["65536", "64KiB", "\"1MiB\"", "\"${NONE:-2}KiB\""])
      case .duration: return plain(["10s", "30m15s", "\"1h\"", "1m0s500ms", "\"${NONE:-3}s\""])
      case .word(let words): return quoted(words.randomElement(using: &rng)!)
      case .list(let item, _):
        let count = Int.random(in: 1...3, using: &rng)
        return .list((0..<count).map { _ in value(of: item, depth: depth + 1, &rng) })
      case .oneOrList(let item): return value(of: Bool.random(using: &rng) ? item : .list(item), depth: depth, &rng)
      case .either(let one, let other): return value(of: Bool.random(using: &rng) ? one : other, depth: depth, &rng)
      case .block(let block): return self.block(block, depth: depth + 1, &rng)
      case .names: return .block([(name: "x-own", value: .plain("\"Bearer ${T}\"")), (name: "x-n", value: .plain("7"))], nil)
      }
    }
  }
}

extension GeneratedFile {
  /// With one mistake, somewhere, that a schema can know.
  func broken(using rng: inout SplitMix64) -> Broken {
    while true {
      let kind = Break.allCases.randomElement(using: &rng)!
      var how = ""
      var value = root
      if Self.breaking(&value, as: .block(.file), kind, &how, &rng) { return Broken(kind: kind, how: how, yaml: value.yaml + "\n") }
    }
  }

  /// - Returns: false if there is nothing on the way that can be broken like that.
  private static func breaking(
    _ value: inout Value, as shape: Shape, _ kind: Break, _ how: inout String, _ rng: inout SplitMix64
  ) -> Bool {
    switch (value, shape) {
    case (.block(var members, let block?), _):
      // Deeper as often as here.
      if Bool.random(using: &rng) || kind == .unknownKey {
        if Int.random(in: 0..<3, using: &rng) == 0, breakHere(&members, block, kind, &how, &rng) {
          value = .block(members, block)
          return true
        }
      }
      guard !members.isEmpty else { return false }
      let index = members.indices.randomElement(using: &rng)!
      guard let key = block.keys.first(where: { $0.name == members[index].name }) else { return false }
      guard breaking(&members[index].value, as: key.shape, kind, &how, &rng) else { return false }
      how += " in \(key.name)"
      value = .block(members, block)
      return true
    case (.list(var items), .list(let item, _)), (.list(var items), .oneOrList(let item)):
      if kind == .emptyList {
        (value, how) = (.list([]), "an empty list")
        return true
      }
      let index = items.indices.randomElement(using: &rng)!
      guard breaking(&items[index], as: item, kind, &how, &rng) else { return false }
      value = .list(items)
      return true
    case (.plain, .oneOrList(let item)): return breaking(&value, as: item, kind, &how, &rng)
    case (.plain, _):
      guard let text = bad(shape, kind) else { return false }
      (value, how) = (.plain(text), text)
      return true
    default: return false
    }
  }

  private static func breakHere(
    _ members: inout [(name: String, value: Value)], _ block: Block, _ kind: Break, _ how: inout String, _ rng: inout SplitMix64
  ) -> Bool {
    switch kind {
    case .unknownKey:
      how = "an unknown key"
      members.append((name: "bandwidth", value: .plain("1")))
    case .missingKey:
      guard let index = members.firstIndex(where: { member in block.keys.contains { $0.isRequired && $0.name == member.name } }) else {
        return false
      }
      how = "no \(members[index].name)"
      members.remove(at: index)
    case .noValue:
      guard let index = members.indices.randomElement(using: &rng) else { return false }
      how = "no value for \(members[index].name)"
      members[index].value = .plain("~")
    default: return false
    }
    return true
  }

  private static func bad(_ shape: Shape, _ kind: Break) -> String? {
    switch (kind, shape) {
    case (.wrongKind, .either): nil
    case (.wrongKind, .text), (.wrongKind, .duration), (.wrongKind, .word): "{ a: 1 }"
    case (.wrongKind, .boolean), (.wrongKind, .yes): "maybe"
    case (.wrongKind, .integer), (.wrongKind, .number), (.wrongKind, .size): "many"
    case (.outOfBounds, .integer(let bounds)): String(bounds.upperBound + 1)
    case (.outOfBounds, .number(let bounds)): String(Int(bounds.upperBound) + 1)
    case (.outOfBounds, .size(let bounds)): String(bounds.upperBound + 1)
    case (.outOfBounds, .duration): "10"
    case (.unknownWord, .word): "wrod"
    case (.noValue, .text): "\"\""
    default: nil
    }
  }
}

extension Shape {
  fileprivate var isBoolean: Bool { if case .boolean = self { true } else { false } }
}
