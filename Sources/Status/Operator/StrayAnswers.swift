import Foundation
import Model
import Observe

/// A page of unmatched reports, which may be short or empty while there are more: see `next`. Phone numbers are masked, and the message is
/// not in it.
package struct UnmatchedAnswer: Codable, Sendable, Equatable {
  package struct Report: Codable, Sendable, Equatable {
    package var id: Int64
    package var status: String
    @OrNull package var packetId: Int64?
    /// Masked; null if the report has none.
    @OrNull package var to: String?
    package var receivedAt: String
    package var lastSeenAt: String
    /// How often it came.
    package var seen: Int
    package var bytes: Int
    /// Who would get it by the present rules.
    package var routesNow: [String]
    /// Why nobody does; null if somebody would.
    @OrNull package var reason: String?
  }

  /// In the order of arrival.
  package var reports: [Report]
  /// The cursor of the next page; null if there is none.
  @OrNull package var next: String?

  package init(reports: [Report], next: String?) {
    self.reports = reports
    self.next = next
  }
}

extension UnmatchedAnswer.Report {
  init(_ stored: StoredReport, routesNow: [String], reason: String?) {
    id = stored.key.id
    status = stored.key.status
    packetId = stored.packetID
    to = stored.payload.flatMap(recipient).map(masked(phone:))
    receivedAt = stored.receivedAt.rfc3339
    lastSeenAt = stored.lastSeenAt.rfc3339
    seen = stored.seen
    bytes = stored.payload?.bytes.count ?? 0
    self.routesNow = routesNow
    self.reason = reason
  }
}

/// What a dry run of a reroute says of some reports; who asks adds up. Routes with `stale: drop` may get fewer.
package struct RerouteCount: Codable, Sendable, Equatable {
  package var examined = 0
  /// Of these, the ones that a route would get.
  package var matched = 0
  /// Copies, by route.
  package var routes: [String: Int] = [:]
  /// The cursor of the next page; null if there is none.
  @OrNull package var next: String?

  package init() { next = nil }

  package mutating func add(_ more: RerouteCount) {
    examined += more.examined
    matched += more.matched
    routes.merge(more.routes, uniquingKeysWith: +)
    next = more.next
  }
}

/// A page of the quarantine, without what is in the bodies.
package struct QuarantineAnswer: Codable, Sendable, Equatable {
  /// In the order of arrival.
  package var bodies: [QuarantinedAnswer]
  /// The cursor of the next page; null if there is none.
  @OrNull package var next: String?

  package init(bodies: [QuarantinedAnswer], next: String?) {
    self.bodies = bodies
    self.next = next
  }
}

package struct QuarantinedAnswer: Codable, Sendable, Equatable {
  package var id: Int64
  package var receivedAt: String
  /// A `QuarantineReason`.
  package var reason: String
  package var bytes: Int
  @OrNull package var contentType: String?
  /// The beginning of the body with its signs as they are, x for a letter and 0 for a digit; null in a list.
  @OrNull package var outline: String?
}

extension QuarantinedAnswer {
  /// Of the body's beginning.
  private static let outlineBytesMax = 200

  init(_ record: QuarantinedRecord, withOutline: Bool) {
    id = record.id
    receivedAt = record.receivedAt.rfc3339
    reason = record.reason.rawValue
    bytes = record.payload.bytes.count
    contentType = record.payload.contentType.map { masked(phonesIn: String($0.prefix(Limits.errorTextMax))) }
    outline = withOutline ? Self.outline(of: record.payload.bytes.prefix(Self.outlineBytesMax)) : nil
  }

  /// Tells JSON from a form and a form from nothing, and no word of what somebody was told.
  private static func outline(of bytes: some Sequence<UInt8>) -> String {
    let signs = bytes.map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...: UInt8(ascii: "x")
      case ...0x20, 0x7f: UInt8(ascii: " ")
      default: byte
      }
    }
    return String(decoding: signs, as: UTF8.self)
  }
}

/// The body of a reroute. As of a selection, what is not known or is null is refused.
package struct RerouteRequest: Codable, Sendable, Equatable {
  /// Count, and do nothing.
  package var dryRun: Bool?
  /// Of a dry run: the `next` of the last one.
  package var cursor: String?

  package init(dryRun: Bool? = nil, cursor: String? = nil) {
    self.dryRun = dryRun
    self.cursor = cursor
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case dryRun = "dry_run"
    case cursor
  }

  static let schema = Schema.object(
    Schema.Object(
      name: "RerouteRequest",
      members: [
        Schema.Member(name: CodingKeys.dryRun.rawValue, schema: .flag, isRequired: false, text: "Count, and do nothing."),
        Schema.Member(
          name: CodingKeys.cursor.rawValue, schema: .text(Schema.Text(lengths: 1...Cursor.lengthMax)), isRequired: false,
          text: "Of a dry run: the `next` of the last one."),
      ],
      rules: [
        "dependentSchemas": ["cursor": ["required": ["dry_run"], "properties": ["dry_run": ["const": true]]]]
      ]))

  init(json bytes: some Collection<UInt8>) throws(OperatorError) {
    do {
      let decoder = JSONDecoder()
      let members = try decoder.decode([String: Member].self, from: Data(bytes))
      if let unknown = members.keys.filter({ CodingKeys(rawValue: $0) == nil }).min() {
        throw OperatorError.invalid("\"\(unknown.prefix(64))\" is not known. A reroute has: dry_run, cursor.")
      }
      for (name, member) in members where member.isNull {
        throw OperatorError.invalid("\"\(name)\" is null. Leave it out if nothing is to be said of it.")
      }
      self = try decoder.decode(RerouteRequest.self, from: Data(bytes))
    } catch let error as OperatorError {
      throw error
    } catch {
      throw .invalid("The body must be a JSON object: {}, {\"dry_run\": true}, or that with the \"cursor\" of the next page.")
    }
    guard cursor == nil || dryRun == true else { throw .invalid("\"cursor\" is of dry runs. A reroute means every unmatched report.") }
  }

  private struct Member: Decodable {
    var isNull: Bool
    init(from decoder: any Decoder) throws { isNull = try decoder.singleValueContainer().decodeNil() }
  }
}
