import Foundation
import Model
import Support
import Testing

@testable import Status

/// What /openapi.json says, and what is so.
struct SchemaTests {
  private enum Colour: String, Codable, CaseIterable, Sendable { case red, darkGreen = "dark_green" }

  private struct Inner: Codable, Sendable, Equatable { var lagMs: Double }

  private struct Outer: Codable, Sendable {
    var packetId: Int64
    var isThere: Bool
    var names: [String]
    var counts: [String: Int]
    var inner: Inner
    @OrNull var other: Inner?
    @OrNull var colour: Colour?
    @OrNull var lastSeenAt: String?
    var maybe: String?
    var inners: [Inner]
  }

  @Test func `a type is described as the encoder writes it`() throws {
    let inner = Schema.object(Schema.Object(name: "SchemaTests.Inner", members: [Schema.Member(name: "lag_ms", schema: .number())]))
    let expected: [Schema.Member] = [
      Schema.Member(name: "packet_id", schema: .integer()), Schema.Member(name: "is_there", schema: .flag),
      Schema.Member(name: "names", schema: .list(.text())), Schema.Member(name: "counts", schema: .map(.integer())),
      Schema.Member(name: "inner", schema: inner), Schema.Member(name: "other", schema: .nullable(inner)),
      Schema.Member(name: "colour", schema: .nullable(.choice(["red", "dark_green"]))),
      Schema.Member(name: "last_seen_at", schema: .nullable(.time)), Schema.Member(name: "maybe", schema: .text(), isRequired: false),
      Schema.Member(name: "inners", schema: .list(inner)),
    ]
    guard case .object(let object) = Schema(of: Outer.self) else {
      Issue.record("no object")
      return
    }
    #expect(object.name == "SchemaTests.Outer")
    #expect(object.members == expected)
  }

  @Test func `what may be null says so, also of what stands elsewhere`() throws {
    var components: [String: JSONTree] = [:]
    let schema = Schema(of: Outer.self).json(&components)
    #expect(schema == ["$ref": "#/components/schemas/SchemaTests.Outer"])
    #expect(Set(components.keys) == ["SchemaTests.Outer", "SchemaTests.Inner"])
    guard case .object(let outer)? = components["SchemaTests.Outer"], case .object(let properties)? = outer["properties"] else {
      Issue.record("no properties")
      return
    }
    #expect(outer["additionalProperties"] == false)
    #expect(properties["other"] == ["anyOf": [["$ref": "#/components/schemas/SchemaTests.Inner"], ["type": "null"]]])
    #expect(properties["colour"] == ["type": ["string", "null"], "enum": ["red", "dark_green", .null]])
    #expect(properties["last_seen_at"] == ["type": ["string", "null"], "format": "date-time"])
  }

  // MARK: - What is read by hand

  /// Of each kind of value, one that is such and one that is not.
  private func samples(of schema: Schema) -> (good: String, bad: String) {
    switch schema {
    case .integer: ("9007199254740993", "1.5")
    case .number: ("0.5", "\"0.5\"")
    case .flag: ("true", "1")
    case .text(let text) where !text.values.isEmpty: ("\"\(text.values[0])\"", "\"elsewhere\"")
    case .text(let text) where text.format == "date-time": ("\"2026-11-23T12:34:56Z\"", "\"today\"")
    case .text: ("\"shop\"", "5")
    case .list(let element, _): ("[\(samples(of: element).good)]", "5")
    case .either(let schemas): samples(of: schemas[0])
    case .map, .object, .nullable, .anything: ("{}", "5")
    }
  }

  private func members(_ schema: Schema) throws -> [Schema.Member] {
    guard case .object(let object) = schema else { throw NotAnObject() }
    return object.members
  }

  @Test(arguments: [QueueJob.Kind.replay, .discard])
  func `selections are read as they are described`(_ kind: QueueJob.Kind) throws {
    let described = try members(SelectionRequest.schema(for: kind))
    let expected = SelectionRequest.CodingKeys.allCases.filter { $0 != .rate || kind == .replay }.map(\.rawValue)
    #expect(described.map(\.name) == expected)
    func selection(_ json: String) throws -> Selection {
      try SelectionRequest(json: json.utf8).selection(for: kind) { name throws(OperatorError) in
        guard name == "shop" else { throw OperatorError.unknown(name) }
        return LaneID(1)
      }
    }
    let state = "\"state\": \"dead\""
    for member in described {
      let (good, bad) = samples(of: member.schema)
      let scope = ["report_id", "route", "since", "all"].contains(member.name) ? "" : ", \"report_id\": 5"
      func json(_ value: String) -> String {
        "{\"\(member.name)\": \(value)\(scope)\(member.name == "state" ? "" : ", " + state)}"
      }
      #expect(throws: Never.self, "\(json(good))") { try selection(json(good)) }
      #expect(throws: OperatorError.self, "\(json(bad))") { try selection(json(bad)) }
      #expect(throws: OperatorError.self) { try selection(json("null")) }
    }
    // A state is required where the description says so.
    let isRequired = described.contains { $0.name == "state" && $0.isRequired }
    #expect((try? selection(#"{"report_id": 5}"#)) == nil ? isRequired : !isRequired)
  }

  @Test func `reroutes and claims are read as they are described`() throws {
    let reroute = try members(RerouteRequest.schema)
    #expect(reroute.map(\.name) == RerouteRequest.CodingKeys.allCases.map(\.rawValue))
    #expect(throws: Never.self) { try RerouteRequest(json: #"{"dry_run": true, "cursor": "u10"}"#.utf8) }
    for member in reroute {
      #expect(throws: OperatorError.self) { try RerouteRequest(json: "{\"\(member.name)\": \(samples(of: member.schema).bad)}".utf8) }
    }
    let claims = try members(OrderRequest.schema)
    #expect(claims.map(\.name) == ["route", "packet_ids"])
    for member in claims {
      let (good, bad) = samples(of: member.schema)
      #expect(throws: Never.self) { try OrderRequest(json: "{\"\(member.name)\": \(good)}".utf8) }
      #expect(throws: OperatorError.self) { try OrderRequest(json: "{\"\(member.name)\": \(bad)}".utf8) }
    }
    #expect(throws: Never.self) { try OrderRequest(json: #"{"packet_ids": ["-5", "312891246"]}"#.utf8) }
  }

  // MARK: - The document

  @Test func `all that is served below api is described, and all that is described is served`() async throws {
    try await withDesk { url in
      let document = try object(try await http("GET", url + "/openapi.json"))
      #expect(document["openapi"] as? String == "3.1.0")
      let paths = try #require(document["paths"] as? [String: [String: Any]])
      #expect(paths.count > 15)
      for (path, operations) in paths {
        let asked = path.replacing(/\{[a-z_]+\}/, with: "5")
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
          let isDescribed = operations[method.lowercased()] != nil
          let answer = try await http(method, url + asked, headers: [("Content-Type", "application/json")], body: Array("[]".utf8))
          #expect((answer.status != 405) == isDescribed, "\(method) \(path)")
          if isDescribed {
            let responses = (operations[method.lowercased()] as? [String: Any])?["responses"] as? [String: Any]
            #expect(responses?["\(answer.status)"] != nil, "\(method) \(path) answered \(answer.status)")
          }
        }
      }
    }
  }
}
