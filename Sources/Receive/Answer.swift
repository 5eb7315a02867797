import Model
import NIOCore

/// What the public door says. Short, always the same, and never a word about why a token was refused.
enum Answer: Int, CaseIterable {
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

  /// The whole answer as it goes over the wire.
  /// - Parameters:
  ///   - keepsAlive: false adds that the connection ends.
  ///   - withBody: false for HEAD.
  func bytes(keepsAlive: Bool, withBody: Bool) -> ByteBuffer {
    Self.prepared[rawValue * 4 + (keepsAlive ? 2 : 0) + (withBody ? 1 : 0)]
  }

  /// Asks a client that waits for it to send the body (RFC 9110, 10.1.1).
  static let continueBytes = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")

  /// Every answer there is, made once: nothing in them depends on the request.
  private static let prepared: [ByteBuffer] = allCases.flatMap { answer in
    [(false, false), (false, true), (true, false), (true, true)].map { keepsAlive, withBody in
      ByteBuffer(string: answer.head(keepsAlive: keepsAlive) + (withBody ? answer.text : ""))
    }
  }

  private var statusLine: String {
    switch self {
    case .received, .ready: "200 OK"
    case .unauthorized: "401 Unauthorized"
    case .notFound: "404 Not Found"
    case .methodNotAllowed: "405 Method Not Allowed"
    case .bodyTooLarge: "413 Content Too Large"
    case .headersTooLarge: "431 Request Header Fields Too Large"
    case .malformed: "400 Bad Request"
    case .tooSlow: "408 Request Timeout"
    case .notReceived: "503 Service Unavailable"
    }
  }

  private var text: String {
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

  private func head(keepsAlive: Bool) -> String {
    var lines = ["HTTP/1.1 \(statusLine)", "content-type: application/json", "content-length: \(text.utf8.count)"]
    // By which `doctor` knows whether the public URL leads to this process.
    if case .ready = self { lines.append("\(PublicDoor.instanceHeader): \(PublicDoor.instance)") }
    if case .methodNotAllowed = self { lines.append("allow: GET, HEAD, POST") }
    if case .notReceived = self { lines.append("retry-after: \(Self.retryAfter)") }
    if !keepsAlive { lines.append("connection: close") }
    return lines.joined(separator: "\r\n") + "\r\n\r\n"
  }
}
