import Model
import NIOCore
import NIOHTTP1

/// What the public door says. Short, always the same, and never a word about why a token was refused.
enum Answer {
  case received
  case ready
  case unauthorized
  case notFound
  case methodNotAllowed
  case bodyTooLarge
  case headersTooLarge
  case malformed
  case tooSlow
  case notReceived

  init(_ refusal: Refusal) {
    switch refusal {
    case .tokenMissing, .tokenEmpty, .tokenRepeated, .tokenWrong: self = .unauthorized
    case .path: self = .notFound
    case .method: self = .methodNotAllowed
    case .bodyTooLarge: self = .bodyTooLarge
    case .headersTooLarge: self = .headersTooLarge
    case .malformed: self = .malformed
    case .slow: self = .tooSlow
    case .connections: self = .notReceived
    }
  }

  /// Seconds after which a provider whose report was not stored is asked to come again.
  static let retryAfter = 5

  var status: HTTPResponseStatus {
    switch self {
    case .received, .ready: .ok
    case .unauthorized: .unauthorized
    case .notFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .bodyTooLarge: .payloadTooLarge
    case .headersTooLarge: .requestHeaderFieldsTooLarge
    case .malformed: .badRequest
    case .tooSlow: .requestTimeout
    case .notReceived: .serviceUnavailable
    }
  }

  var text: StaticString {
    switch self {
    case .received: #"{"received": true}"#
    case .ready: #"{"ready": true}"#
    case .unauthorized: #"{"error":"unauthorized"}"#
    case .notFound: #"{"error":"not found"}"#
    case .methodNotAllowed: #"{"error":"method not allowed"}"#
    case .bodyTooLarge: #"{"error":"body too large"}"#
    case .headersTooLarge: #"{"error":"headers too large"}"#
    case .malformed: #"{"error":"malformed request"}"#
    case .tooSlow: #"{"error":"request took too long"}"#
    case .notReceived: #"{"received": false}"#
    }
  }

  func head(keepsAlive: Bool) -> HTTPResponseHead {
    var headers = HTTPHeaders()
    headers.reserveCapacity(4)
    headers.add(name: "content-type", value: "application/json")
    headers.add(name: "content-length", value: String(text.utf8CodeUnitCount))
    if case .methodNotAllowed = self { headers.add(name: "allow", value: "GET, HEAD, POST") }
    if case .notReceived = self { headers.add(name: "retry-after", value: String(Self.retryAfter)) }
    if !keepsAlive { headers.add(name: "connection", value: "close") }
    return HTTPResponseHead(version: .http1_1, status: status, headers: headers)
  }
}
