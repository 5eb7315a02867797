import Foundation
import Hummingbird

/// RFC 9457: an error that a program can read and a person too.
struct Problem: Encodable, Sendable {
  var status: Int
  var title: String
  var detail: String
}

extension Response {
  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok, type: String = "application/json") throws -> Response {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return text(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n", type: type, status: status)
  }

  static func problem(_ status: HTTPResponse.Status, _ detail: String) throws -> Response {
    let problem = Problem(status: status.code, title: status.reasonPhrase, detail: detail)
    return try json(problem, status: status, type: "application/problem+json")
  }

  static func text(_ text: String, type: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
