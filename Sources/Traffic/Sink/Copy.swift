import Model

/// What the sink reads of a request's headers. All of them may be missing: the sink serves any sender of webhooks.
package struct Copy: Sendable, Equatable {
  package var webhookID: String?
  package var timestamp: String?
  package var signature: String?
  package var receivedAt: Instant?
  package var isStale = false
  package var isOutOfOrder = false
  package var isReplay = false

  package init() {}

  package mutating func read(header name: String, value: String) {
    switch name {
    case "webhook-id": webhookID = value
    case "webhook-timestamp": timestamp = value
    case "webhook-signature": signature = value
    case "relay-received-at": receivedAt = Instant(rfc3339: value)
    case "relay-stale": isStale = value == "true"
    case "relay-out-of-order": isOutOfOrder = value == "true"
    case "relay-replay": isReplay = value == "true"
    default:
      // Names are case-insensitive, but senders write them small: only others pay for the copy.
      if name.utf8.contains(where: { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }) {
        read(header: name.lowercased(), value: value)
      }
    }
  }

  /// The report's id and its status, from `dlr_<id>_<status>`; nil for another kind of id.
  package var report: (id: Int64, status: Substring)? {
    guard let webhookID, webhookID.hasPrefix("dlr_") else { return nil }
    let rest = webhookID.dropFirst(4)
    guard let end = rest.firstIndex(of: "_"), let id = Int64(rest[..<end]) else { return nil }
    return (id, rest[rest.index(after: end)...])
  }
}
