/// The keys of a rule file, in the order in which a hint lists them.
enum Vocabulary {
  static let top = ["receive", "status", "store", "defaults", "routes", "alerts"]
  static let receive = [
    "listen", "path", "public_url", "tokens", "max_body", "deadline", "read_timeout", "idle_timeout", "connections",
  ]
  static let token = ["label", "value"]
  static let status = ["listen", "token"]
  static let store = ["path", "retention"]
  static let retention = ["payloads", "keys", "dead", "waiting", "unmatched", "quarantine"]
  static let defaults = ["timeout", "concurrency", "rate_limit", "retry", "ordering", "order_hold", "stale"]
  static let rateLimit = ["per_second", "burst"]
  static let retry = ["first", "factor", "max", "for"]
  static let route = [
    "name", "markers", "packet_prefixes", "statuses", "otherwise", "url", "secret", "headers", "timeout", "concurrency", "rate_limit",
    "retry", "ordering", "order_hold", "stale", "paused",
  ]
  static let alert = ["url", "format", "on", "failing", "oldest_waiting", "silence"]

  /// Keys at the top that begin with this are for anchors and are read only where an alias uses them.
  static let anchorsPrefix = "x-"

  /// Keys whose values hold a secret, and are never shown.
  static let closed = ["token", "tokens", "value", "secret", "headers", "url", "alerts"]

  /// Keys whose values may be shown.
  static let open = Set(all).subtracting(closed)

  static func isKnown(_ key: String) -> Bool { all.contains(key) }

  private static let all = top + receive + token + status + store + retention + defaults + rateLimit + retry + route + alert

  /// An unknown key may be one of the closed ones misspelt. Its value is shown only where another key was clearly meant.
  static func isOpen(_ key: String) -> Bool {
    if open.contains(key) { return true }
    if closed.contains(where: { key.contains($0) }) || nearest(to: key, in: closed) != nil { return false }
    return nearest(to: key, in: all) != nil
  }

  /// The known word that was most likely meant, if one is near enough.
  static func nearest(to word: String, in known: [String]) -> String? {
    let bound = max(1, word.utf8.count / 3)
    var best: (word: String, distance: Int)?
    for candidate in known where abs(candidate.utf8.count - word.utf8.count) <= bound {
      let distance = editDistance(Array(word.utf8), Array(candidate.utf8))
      if distance <= bound, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.word
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that make one word the other.
  static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    // Nothing that long is a misspelt key, and the table is a product.
    guard a.count <= 64, b.count <= 64 else { return max(a.count, b.count) }
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
