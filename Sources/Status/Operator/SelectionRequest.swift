import Foundation
import Model

/// The body of a replay or a discard: which deliveries are meant.
///
/// A mistake must not widen what is meant, so a member that is not known or is null is refused, and so is a request that names
/// neither a report nor a route nor a time, unless it says that it means all.
package struct SelectionRequest: Codable, Sendable, Equatable {
  package var reportID: Int64?
  package var route: String?
  /// A `DeliveryState`.
  package var state: String?
  /// RFC 3339.
  package var since: String?
  package var until: String?
  /// A second, in `rates`; of a replay only.
  package var rate: Double?
  package var all: Bool?
  /// Count, and do nothing.
  package var dryRun: Bool?

  /// Slower than one in a quarter of an hour is a mistake, and so is faster than anything.
  package static let rates = 0.001...1_000_000

  package init() {}

  enum CodingKeys: String, CodingKey, CaseIterable {
    case reportID = "report_id"
    case route, state, since, until, rate, all
    case dryRun = "dry_run"

    fileprivate var schema: Schema {
      switch self {
      case .reportID: .integer(Int64.min...Int64.max)
      case .route: .text()
      case .state: .choice(DeliveryState.self)
      case .since, .until: .time
      case .rate: .number(SelectionRequest.rates)
      case .all, .dryRun: .flag
      }
    }

    fileprivate var text: String {
      switch self {
      case .reportID: "All statuses of this report."
      case .route: "The copies for this route."
      case .state:
        "How they stand. A replay takes `dead`, which it means if this is left out, or `delivered`; a discard `waiting` or `dead`."
      case .since: "Of reports received not before this."
      case .until: "Of reports received before this."
      case .rate: "At most so many copies a second, never more to catch up."
      case .all: "Every one is meant; where nothing else narrows what is."
      case .dryRun: "Count, and do nothing."
      }
    }
  }

  /// As the decoder and `selection(for:lane:)` read it, but that `since` is before `until`.
  static func schema(for kind: QueueJob.Kind) -> Schema {
    let members = CodingKeys.allCases.filter { $0 != .rate || kind == .replay }.map { key in
      let schema: Schema = key == .state ? .choice(DeliveryState.allCases.filter(kind.allows).map(\.rawValue)) : key.schema
      return Schema.Member(name: key.rawValue, schema: schema, isRequired: key == .state && kind == .discard, text: key.text)
    }
    let narrowing: [CodingKeys] = [.reportID, .route, .since]
    let everything: JSONTree = [
      "required": ["all"], "properties": ["all": ["const": true]],
      "not": ["anyOf": .list(narrowing.map { ["required": [.text($0.rawValue)]] })],
    ]
    let some: JSONTree = [
      "anyOf": .list(narrowing.map { ["required": [.text($0.rawValue)]] }), "properties": ["all": ["const": false]],
    ]
    let name = kind == .replay ? "ReplayRequest" : "DiscardRequest"
    return .object(Schema.Object(name: name, members: members, rules: ["oneOf": [everything, some]]))
  }

  private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  package init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: AnyKey.self)
    for key in members.allKeys.map(\.stringValue).sorted() {
      guard CodingKeys(stringValue: key) != nil else {
        let known = CodingKeys.allCases.map(\.rawValue).joined(separator: ", ")
        throw OperatorError.invalid("\"\(key.prefix(64))\" is not known. A selection has: \(known).")
      }
      guard try !members.decodeNil(forKey: AnyKey(stringValue: key)) else {
        throw OperatorError.invalid("\"\(key)\" is null. Leave it out if nothing is to be said of it.")
      }
    }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    reportID = try Self.value(.reportID, in: values)
    route = try Self.value(.route, in: values)
    state = try Self.value(.state, in: values)
    since = try Self.value(.since, in: values)
    until = try Self.value(.until, in: values)
    rate = try Self.value(.rate, in: values)
    all = try Self.value(.all, in: values)
    dryRun = try Self.value(.dryRun, in: values)
  }

  private static func value<Value: Decodable>(
    _ key: CodingKeys, in values: KeyedDecodingContainer<CodingKeys>
  ) throws(OperatorError) -> Value? {
    guard values.contains(key) else { return nil }
    do { return try values.decode(Value.self, forKey: key) } catch { throw .invalid("\"\(key.rawValue)\" must be \(key.schema.words).") }
  }

  init(json bytes: some Collection<UInt8>) throws(OperatorError) {
    do {
      self = try JSONDecoder().decode(SelectionRequest.self, from: Data(bytes))
    } catch let error as OperatorError {
      throw error
    } catch {
      throw .invalid(#"The body must be a JSON object, such as {"route": "shop", "state": "dead"}."#)
    }
  }
}

extension SelectionRequest {
  /// The selection that is meant.
  /// - Parameter lane: finds a route by its name, or throws.
  func selection(
    for kind: QueueJob.Kind, lane: (String) throws(OperatorError) -> LaneID
  ) throws(OperatorError) -> Selection {
    let state = try state(for: kind)
    try checkRate(for: kind)
    let isNarrow = reportID != nil || route != nil || since != nil
    if all == true, isNarrow {
      throw .invalid("\"all\" does not go together with \"report_id\", \"route\" or \"since\". Leave it out to mean only those.")
    }
    guard isNarrow || all == true else {
      throw .invalid("Say which are meant: by \"report_id\", \"route\" or \"since\", or \"all\": true for every one.")
    }
    let (since, until) = (try time(since, "since"), try time(until, "until"))
    if let since, let until, since >= until { throw .invalid("\"since\" must be before \"until\".") }
    return Selection(state: state, lane: try route.map(lane), reportID: reportID, since: since, until: until)
  }

  private func state(for kind: QueueJob.Kind) throws(OperatorError) -> DeliveryState {
    switch (kind, state) {
    case (.replay, nil), (.replay, "dead"): .dead
    case (.replay, "delivered"): .delivered
    case (.replay, "waiting"): throw .invalid("What waits is sent anyway. A replay takes the \"state\" \"dead\" or \"delivered\".")
    case (.replay, _): throw .invalid("A replay takes the \"state\" \"dead\" or \"delivered\".")
    case (.discard, "waiting"): .waiting
    case (.discard, "dead"): .dead
    case (.reroute, _), (.readmit, _): preconditionFailure("a \(kind) selects no copies")
    case (.discard, _): throw .invalid("A discard must say its \"state\": \"waiting\" or \"dead\".")
    }
  }

  private func checkRate(for kind: QueueJob.Kind) throws(OperatorError) {
    guard let rate else { return }
    guard kind == .replay else { throw .invalid("\"rate\" is of replays. A discard sends nothing.") }
    guard Self.rates.contains(rate) else { throw .invalid("\"rate\" must be from 0.001 to 1000000: so many copies a second.") }
  }

  private func time(_ text: String?, _ name: String) throws(OperatorError) -> Instant? {
    guard let text else { return nil }
    guard let instant = Instant(rfc3339: text) else {
      throw .invalid("\"\(name)\" must be a time such as 2026-11-23T12:34:56Z or 2026-11-23T15:34:56+03:00.")
    }
    return instant
  }
}
