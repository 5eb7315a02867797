import Model

/// Writes reports as a provider might, and damages them, from a seed: any order of members, any escaping, any white space.
struct DocumentWriter {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A report, and the JSON that means it.
  mutating func report() -> (bytes: [UInt8], report: Report) {
    var report = Report(key: ReportKey(id: integer(), status: status()))
    var members = ["\"id\"\(colon())\(written(report.key.id))", "\(name("status"))\(colon())\(quoted(report.key.status))"]
    if chance(80) {
      let packetID = integer()
      report.packetID = packetID
      members.append("\(name("packet_id"))\(colon())\(written(packetID))")
    } else if chance(50) {
      members.append("\(name("packet_id"))\(colon())\(pick(["null", "\"\"", "[]", "\"12a\"", "1.5"]))")
    }
    if chance(80) {
      let to = "+90505" + text(pieces: 3)
      report.to = to
      members.append("\(name("to"))\(colon())\(quoted(to))")
    }
    if chance(85) {
      let body = text(pieces: below(30))
      report.body = Array(body.utf8)
      members.append("\(name("body"))\(colon())\(quoted(body))")
    } else if chance(50) {
      members.append("\(name("body"))\(colon())\(pick(["null", "12", "{}", "true"]))")
    }
    for i in 0..<below(3) { members.append("\"x\(i)\"\(colon())\(value(depth: 0))") }
    var outer = ["\(name("report"))\(colon())\(object(members))"]
    for i in 0..<below(2) { outer.append("\"y\(i)\"\(colon())\(value(depth: 0))") }
    return (Array((space() + object(outer) + space()).utf8), report)
  }

  /// The document with one to three bytes changed, lost, doubled or cut off; often inside the syntax, where it matters.
  mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...below(3) where !bytes.isEmpty {
      let i = below(bytes.count)
      switch below(9) {
      case 0: bytes[i] ^= UInt8(1 << below(8))
      case 1: bytes[i] = UInt8(truncatingIfNeeded: next())
      case 2: bytes.remove(at: i)
      case 3: bytes.insert(bytes[i], at: i)
      case 4: bytes.insert(pick(Array(",:{}[]\"\\ 0-\n\u{1}ud".utf8)), at: i)
      case 5: if chance(30) { bytes.removeLast(below(bytes.count)) }
      case 6: replaceOne(of: ",", with: [",,", ", ,", "", ":"].map { Array($0.utf8) }, in: &bytes)
      case 7: replaceOne(of: "}", with: [",}", " , }", "", "}}", "]"].map { Array($0.utf8) }, in: &bytes)
      default: replaceOne(of: "\\", with: ["\\\\", "", "\\u", "\\ud83d", "\\udc00", "\\/"].map { Array($0.utf8) }, in: &bytes)
      }
    }
    return bytes
  }

  private mutating func replaceOne(of character: Character, with choices: [[UInt8]], in bytes: inout [UInt8]) {
    let places = bytes.indices.filter { bytes[$0] == character.asciiValue }
    guard !places.isEmpty else { return }
    let place = pick(places)
    bytes.replaceSubrange(place...place, with: pick(choices))
  }
}

extension DocumentWriter {
  private mutating func integer() -> Int64 {
    switch below(6) {
    case 0: Int64(bitPattern: next())
    case 1: pick([0, 1, -1, .max, .min, 2_147_483_647, 2_147_483_648, 9_007_199_254_740_993])
    default: Int64(below(5_000_000_000))
    }
  }

  private mutating func written(_ integer: Int64) -> String { chance(25) ? quoted(String(integer)) : String(integer) }

  private mutating func status() -> String {
    chance(80) ? pick(["accepted", "delivered", "undelivered"]) : pick(["iade", "süresi-doldu", "111", "A/B\n"])
  }

  private mutating func text(pieces: Int) -> String {
    let words = [
      "Sayın müşterimiz", "iim.to/aB3", "#SHOP", " B186", "ığüşöçİIiĞÜŞÖÇ", "😀", "👩‍👧", "e\u{301}", "\u{E9}", "\"", "\\", "/", "\n", "\r\t",
      "\0", "\u{7F}",
      "{\"report\":", "],[", "₺", "\u{FFFF}", "\u{10FFFF}", " ", "1234567890", "\u{8}\u{C}", "\\u0131", "",
    ]
    return (0..<pieces).reduce(into: "") { text, _ in text += pick(words) }
  }

  /// A JSON string for the text; each scalar raw or escaped in one of the ways that there are.
  private mutating func quoted(_ text: String) -> String {
    let escapeShare = pick([0, 5, 50, 100])
    var json = "\""
    for scalar in text.unicodeScalars {
      let short: [Unicode.Scalar: String] = [
        "\"": "\\\"", "\\": "\\\\", "/": "\\/", "\u{8}": "\\b", "\u{C}": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
      ]
      let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
      if !mustEscape, !chance(escapeShare) {
        json.unicodeScalars.append(scalar)
      } else if let short = short[scalar], chance(60) {
        json += short
      } else {
        for unit in UTF16.encode(scalar).unsafelyUnwrapped {
          let hex = String(unit, radix: 16, uppercase: chance(50))
          json += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }
      }
    }
    return json + "\""
  }

  private mutating func name(_ name: String) -> String { chance(5) ? quoted(name) : "\"\(name)\"" }
  private mutating func colon() -> String { space() + ":" + space() }

  private mutating func space() -> String { chance(70) ? "" : pick([" ", "\n", "\r\n", "\t", "  \n\t "]) }

  private mutating func object(_ members: [String]) -> String {
    var members = members
    for i in members.indices.dropFirst().reversed() { members.swapAt(i, below(i + 1)) }
    return "{" + members.map { space() + $0 + space() }.joined(separator: ",") + "}"
  }

  private mutating func value(depth: Int) -> String {
    switch below(depth > 4 ? 5 : 8) {
    case 0: return pick(["true", "false", "null"])
    case 1: return pick(["0", "-0", "12", "-1.5", "1e3", "2E+2", "0.25e-1", "-9", "123456789012345678901"])
    case 2, 3: return quoted(text(pieces: below(4)))
    case 4: return pick(["[]", "{}", "[ ]", "{ \n}"])
    case 5: return "[" + (0...below(3)).map { _ in space() + value(depth: depth + 1) + space() }.joined(separator: ",") + "]"
    default: return object((0...below(3)).map { "\"k\($0)\"" + colon() + value(depth: depth + 1) })
    }
  }

  /// SplitMix64, so that a seed means the same documents for ever.
  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  private mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  private mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
  private mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
}
