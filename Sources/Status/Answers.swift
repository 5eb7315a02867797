import Foundation
import Hummingbird

/// RFC 9457: an error that a program can read and a person too.
struct Problem: Codable, Sendable {
  static let mediaType = "application/problem+json"

  /// The status says all that a program needs.
  var type = "about:blank"
  var title: String
  var status: Int
  /// One or two sentences that say what to do.
  var detail: String
  /// `x-request-id` of the answer.
  var requestId: String?
}

enum Answers {
  static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return encoder
  }()
}

extension Response {
  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok, type: String = "application/json") throws -> Response {
    text(String(decoding: try Answers.encoder.encode(value), as: UTF8.self) + "\n", type: type, status: status)
  }

  static func problem(_ status: HTTPResponse.Status, _ detail: String) throws -> Response {
    let problem = Problem(title: status.reasonPhrase, status: status.code, detail: detail, requestId: Asking.request?.id)
    return try json(problem, status: status, type: Problem.mediaType)
  }

  static func text(_ text: String, type: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  static func text(_ utf8: [UInt8], type: String) -> Response {
    Response(status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: utf8)))
  }
}
