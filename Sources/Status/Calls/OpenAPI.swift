import Foundation
import Hummingbird

/// /openapi.json: the calls, for programs (OpenAPI 3.1). Made of what the router is made of.
struct OpenAPI {
  static let path = "/openapi.json"

  let json: JSONTree

  /// - Precondition: no two calls have the same name, or the same method and path.
  init(_ calls: [Call], version: String) {
    precondition(Set(calls.map(\.name)).count == calls.count, "a call has a name of its own")
    var components: [String: JSONTree] = [:]
    var paths: [String: [String: JSONTree]] = [:]
    for call in calls {
      let method = call.method.rawValue.lowercased()
      precondition(paths[call.path]?[method] == nil, "\(method) \(call.path) is described twice")
      paths[call.path, default: [:]][method] = Self.operation(call, &components)
    }
    json = [
      "openapi": "3.1.0",
      "info": [
        "title": "dlr-relay", "version": .text(version),
        "description": .text(
          """
          The operator's door: what became of reports, what waits, and what can be done about it. A HEAD is answered like its GET, without \
          the body. Phone numbers are masked, and no message is in any answer but the raw bytes of the quarantine. Members of answers \
          are always there, and null where nothing is known, unless their description says when they are left out. Where the rule file has no \
          `status.token`, whoever is on the machine needs none. Errors are problems of RFC 9457.
          """),
      ],
      "paths": .object(paths.mapValues { .object($0) }),
      "components": [
        "schemas": .object(components),
        "securitySchemes": [
          "token": ["type": "http", "scheme": "bearer", "description": "status.token of the rule file."],
          "password": [
            "type": "http", "scheme": "basic", "description": "status.token of the rule file, as the password of any user name.",
          ],
          "orderKey": [
            "type": "http", "scheme": "bearer", "description": "An order_key of a route, with which its app acts for that route alone.",
          ],
        ],
      ],
    ]
  }

  /// Serves the document, in which it is itself.
  static func call(describing others: [Call], version: String) -> Call {
    var call = Call(
      .get, path, "openapi", "This document.",
      answers: [Call.Answer(status: .ok, text: "OpenAPI 3.1.", contents: [("application/json", .anything)])]
    ) { _ in preconditionFailure("the document is made before anybody asks") }
    let encoder = JSONEncoder()
    encoder.outputFormatting = Answers.encoder.outputFormatting
    do {
      let text = String(decoding: try encoder.encode(OpenAPI(others + [call], version: version).json), as: UTF8.self) + "\n"
      call.answer = { _ in .text(text, type: "application/json") }
    } catch {
      preconditionFailure("the document is no JSON: \(error)")
    }
    return call
  }

  private static func operation(_ call: Call, _ components: inout [String: JSONTree]) -> JSONTree {
    var operation: [String: JSONTree] = [
      "operationId": .text(call.name), "summary": .text(call.summary), "tags": [.text(topic(of: call))],
      "responses": responses(call, &components), "security": security(of: call),
    ]
    if !call.text.isEmpty { operation["description"] = .text(call.text) }
    if !call.parameters.isEmpty {
      operation["parameters"] = .list(call.parameters.map { $0.json(&components) })
    }
    if let body = call.body {
      operation["requestBody"] = [
        "required": .flag(body.isRequired), "content": ["application/json": ["schema": body.schema.json(&components)]],
      ]
    }
    return .object(operation)
  }

  /// `jobs` of `/api/v1/jobs/{id}`, and `relay` of what is not below /api.
  private static func topic(of call: Call) -> String {
    let parts = call.path.split(separator: "/")
    return parts.count >= 3 && parts[0] == "api" ? String(parts[2]) : "relay"
  }

  private static func security(of call: Call) -> JSONTree {
    if Gate.openPaths.contains(call.path) { return [] }
    let token: [JSONTree] = [["token": []], ["password": []]]
    return .list(Gate.isAboutOrders(call.path) ? [["orderKey": []]] + token : token)
  }

  /// By status: those of the call, and what whoever asks wrongly is told.
  private static func responses(_ call: Call, _ components: inout [String: JSONTree]) -> JSONTree {
    var answers = call.answers
    for refusal in refusals(of: call) where !answers.contains(where: { $0.status.code == refusal.status.code }) { answers.append(refusal) }
    var responses: [String: JSONTree] = [:]
    for answer in answers {
      var contents: [String: JSONTree] = [:]
      for content in answer.contents { contents[content.type] = ["schema": content.schema.json(&components)] }
      var response: [String: JSONTree] = ["description": .text(answer.text)]
      if !contents.isEmpty { response["content"] = .object(contents) }
      if !answer.links.isEmpty {
        response["links"] = .object(
          Dictionary(
            uniqueKeysWithValues: answer.links.map { link in
              (link.name, ["operationId": .text(link.call), "parameters": [link.parameter: .text(link.value)]])
            }))
      }
      responses["\(answer.status.code)"] = .object(response)
    }
    return .object(responses)
  }

  private static func refusals(of call: Call) -> [Call.Answer] {
    var refusals: [Call.Answer] = []
    if call.checksQuery || !call.parameters.isEmpty || call.body != nil {
      refusals.append(.problem(.badRequest, "Something in the path, the query or the body is not understood."))
    }
    if call.body != nil {
      refusals.append(.problem(.contentTooLarge, "The body is too large."))
      refusals.append(.problem(.unsupportedMediaType, "The body does not say that it is JSON."))
    }
    if !Gate.openPaths.contains(call.path) {
      refusals.append(.problem(.unauthorized, "The token, or the order_key, is missing or wrong."))
      refusals.append(.problem(.misdirectedRequest, "There is no token, and Host is no name of this machine."))
      refusals.append(.problem(.tooManyRequests, "Too many wrong tokens came from the address."))
      if call.method != .get { refusals.append(.problem(.forbidden, "The token may look, and change nothing.")) }
    }
    return refusals
  }
}

extension Parameter {
  fileprivate func json(_ components: inout [String: JSONTree]) -> JSONTree {
    [
      "name": .text(name), "in": .text(place.rawValue), "required": .flag(place == .path), "description": .text(text),
      "schema": schema.json(&components),
    ]
  }
}
