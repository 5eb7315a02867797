import CCurl
import Foundation
import Model

/// The operator's door of a relay that runs, as the commands use it.
struct RunningRelay: Sendable {
  private static let timeoutMilliseconds = 10_000
  private static let unauthorized = 401
  private let settings: StatusSettings

  init(_ settings: StatusSettings) { self.settings = settings }

  /// - Returns: the body of a 200; nil if nothing listens there.
  /// - Throws: `Failure` if what listens there does not answer, or not with 200.
  func get(_ path: String) async throws -> Data? {
    let (settings, host) = (settings, settings.listen.reachable)
    return try await offPool { Result { try Self.get("http://\(host)\(path)", settings) } }.get()
  }

  private static func get(_ url: String, _ settings: StatusSettings) throws -> Data? {
    guard let easy = curl_easy_init() else { preconditionFailure("out of memory") }
    defer { curl_easy_cleanup(easy) }
    var body = Data()
    var headers: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(headers) }
    if let token = settings.token { headers = curl_slist_append(nil, "authorization: Bearer \(token.reveal())") }
    let code = withUnsafeMutablePointer(to: &body) { body in
      check(relay_easy_set_string(easy, CURLOPT_URL, url))
      check(relay_easy_set_string(easy, CURLOPT_PROXY, ""))
      check(relay_easy_set_long(easy, CURLOPT_NOSIGNAL, 1))
      check(relay_easy_set_long(easy, CURLOPT_TIMEOUT_MS, timeoutMilliseconds))
      check(relay_easy_set_headers(easy, headers))
      check(relay_easy_set_pointer(easy, CURLOPT_WRITEDATA, body))
      check(
        relay_easy_set_write(easy) { bytes, size, count, context in
          context!.assumingMemoryBound(to: Data.self).pointee.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
          return size * count
        })
      return curl_easy_perform(easy)
    }
    if code == CURLE_COULDNT_CONNECT { return nil }
    guard code == CURLE_OK else {
      throw Failure("the relay on \(settings.listen) does not answer: \(String(cString: curl_easy_strerror(code))); look at its log")
    }
    var status = 0
    check(relay_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status))
    if status == unauthorized { throw Failure("the relay on \(settings.listen) wants another token; check status.token") }
    guard status == 200 else { throw Failure("the relay on \(settings.listen) answered \(status); look at its log") }
    return body
  }

  private static func check(_ code: CURLcode) {
    precondition(code == CURLE_OK, "libcurl: \(String(cString: curl_easy_strerror(code)))")
  }
}
