import Model

/// A body that is no report, and why.
package struct NotAReport: Error, Sendable, Equatable {
  package let reason: QuarantineReason
}

/// Reads the five members of a report from its JSON, in one pass.
///
/// - `id`, `packet_id`: integers of up to 64 bits, or the same as decimal strings. Never by way of Double: `1.0` and `1e3` are
///   no ids. A `packet_id` that cannot be read is a missing one, because the text can still be routed.
/// - `to`, `body`: of another type than string they are missing.
/// - Of a member that is there twice the last counts, as in the parsers of most apps.
/// - Other members may be there, and are checked to be JSON.
package func readReport(_ bytes: [UInt8]) throws(NotAReport) -> Report {
  let text = bytes.span
  var cursor = JSONCursor()
  cursor.skipByteOrderMark(text)
  guard cursor.next(text) == UInt8(ascii: "{") else {
    try cursor.skipValue(text)
    try cursor.end(text)
    throw NotAReport(reason: .notAnObject)
  }
  var members: ReportMembers?
  try cursor.open()
  var isFirst = true
  while let name = try cursor.member(text, isFirst: &isFirst) {
    if name.spells("report", text) {
      members = try ReportMembers(text, &cursor)
    } else {
      try cursor.skipValue(text)
    }
  }
  try cursor.end(text)
  guard let members else { throw NotAReport(reason: .noReport) }
  return try members.report(text)
}

/// What was found in the object `report`, with its strings not yet decoded.
private struct ReportMembers {
  private var id: Int64?
  private var packetID: Int64?
  private var status: JSONText?
  private var to: JSONText?
  private var body: JSONText?

  /// Reads the value of the member `report`; nil if it is no object.
  init?(_ text: Span<UInt8>, _ cursor: inout JSONCursor) throws(NotAReport) {
    guard cursor.next(text) == UInt8(ascii: "{") else {
      try cursor.skipValue(text)
      return nil
    }
    try cursor.open()
    var isFirst = true
    while let name = try cursor.member(text, isFirst: &isFirst) {
      if name.spells("id", text) {
        id = try cursor.integer(text)
      } else if name.spells("packet_id", text) {
        packetID = try cursor.integer(text)
      } else if name.spells("status", text) {
        status = try cursor.text(text)
      } else if name.spells("to", text) {
        to = try cursor.text(text)
      } else if name.spells("body", text) {
        body = try cursor.text(text)
      } else {
        try cursor.skipValue(text)
      }
    }
  }

  func report(_ text: Span<UInt8>) throws(NotAReport) -> Report {
    guard let id else { throw NotAReport(reason: .noID) }
    guard let status = status?.string(text), !status.isEmpty else { throw NotAReport(reason: .noStatus) }
    guard status.utf8.count <= Limits.statusBytesMax else { throw NotAReport(reason: .statusTooLong) }
    return Report(key: ReportKey(id: id, status: status), packetID: packetID, to: to?.string(text), body: body?.decoded(text))
  }
}

extension JSONCursor {
  /// Reads a value that should be an integer, as such or in a string; nil if it is something else.
  fileprivate mutating func integer(_ text: Span<UInt8>) throws(NotAReport) -> Int64? {
    switch next(text) {
    case UInt8(ascii: "\""): return try string(text).integer(text)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(text)
    default:
      try skipValue(text)
      return nil
    }
  }

  /// Reads a value that should be a string; nil if it is something else.
  fileprivate mutating func text(_ text: Span<UInt8>) throws(NotAReport) -> JSONText? {
    guard next(text) == UInt8(ascii: "\"") else {
      try skipValue(text)
      return nil
    }
    return try string(text)
  }
}
