/// A delivery report's identity: the provider repeats reports, and this pair is what makes a repeat a repeat.
package struct ReportKey: Sendable, Hashable {
  package var id: Int64
  /// As sent, at most `Limits.statusBytesMax` bytes of UTF-8. `accepted`, `delivered` and `undelivered` are known, others are
  /// forwarded like them.
  package var status: String

  package init(id: Int64, status: String) {
    self.id = id
    self.status = status
  }

  /// True for a first `accepted` when a final status of the report came before it.
  package func isStale(after earlier: some Sequence<String>) -> Bool {
    status == "accepted" && earlier.contains { $0 == "delivered" || $0 == "undelivered" }
  }
}

/// What the relay reads of a report. The copy that apps get is never made from this: it is the original bytes.
package struct Report: Sendable, Equatable {
  package var key: ReportKey
  /// The order the message belongs to; nil if the report has none, and then no packet rule matches it.
  package var packetID: Int64?
  /// The recipient as sent, often masked by the provider. Personal data: see `masked(phone:)`.
  package var to: String?
  /// The message text, JSON escapes decoded, as UTF-8. Bytes and not a String because rules compare Unicode scalars, while
  /// String compares by canonical equivalence. Personal data.
  package var body: [UInt8]?

  package init(key: ReportKey, packetID: Int64? = nil, to: String? = nil, body: [UInt8]? = nil) {
    self.key = key
    self.packetID = packetID
    self.to = to
    self.body = body
  }
}

/// A request's body as it came, and the type it came with.
package struct Payload: Sendable, Equatable {
  package var bytes: [UInt8]
  /// nil means application/json, which nearly every report has, so that it costs nothing to store.
  package var contentType: String?
  /// In memory, in bytes.
  package var size: Int { bytes.count + (contentType?.utf8.count ?? 0) }

  package init(bytes: [UInt8], contentType: String? = nil) {
    self.bytes = bytes
    self.contentType = contentType == "application/json" ? nil : contentType
  }
}

/// Why a body with the right token is no report. Kept with its bytes: a later version may read it.
package enum QuarantineReason: String, Sendable, CaseIterable {
  case notJSON = "not_json"
  case notAnObject = "not_an_object"
  case noReport = "no_report"
  case noID = "no_id"
  case noStatus = "no_status"
  case statusTooLong = "status_too_long"
}

/// Where the rules sent a report.
package enum Destiny: Int, Sendable {
  /// At least one route gets a copy.
  case matched = 0
  /// No rule knows it: kept for `retention.unmatched`, sent to nobody.
  case unmatched = 1
  /// A route owns it by marker or packet, but does not want its status.
  case filtered = 2
}

/// A phone number fit for a person's eyes: `+905051234567` becomes `+90505***4567`, `05051234567` becomes `0505***4567`. At
/// least three digits are hidden; what is too short to mask in part is masked whole.
package func masked(phone: String) -> String {
  let digits = Array(phone)
  guard digits.count >= 10 else { return "***" }
  return String(digits.prefix(min(6, digits.count - 7))) + "***" + String(digits.suffix(4))
}
