import CCurl
import Foundation
import Model
import Status

/// The operator's door of a relay that runs, as the commands use it.
struct RunningRelay: Sendable {
  private static let timeout: Duration = .seconds(10)
  /// Counting looks at `Limits.rowsCountedMax` rows, beside everything else that a slow disk has to do.
  static let countingTimeout: Duration = .minutes(2)
  private static let unauthorized = 401
  private let settings: StatusSettings

  init(_ settings: StatusSettings) { self.settings = settings }

  /// False if nothing listens there.
  /// - Throws: `Failure` if it is no relay.
  func isThere() async throws -> Bool {
    // Whatever it is that listens, it gets no token for saying so.
    guard let answer = try await exchange("GET", "/livez", token: nil) else { return false }
    guard answer.status == 200, (try? JSONDecoder().decode([String: Bool].self, from: answer.body))?["live"] == true else { throw notOurs }
    return true
  }

  /// Two relays on one machine may have been told the same door: then only one listens there, perhaps the other one.
  /// - Parameter store: as `realPath` has it.
  /// - Throws: `Failure` unless the relay there has this store.
  func expect(store: String) async throws {
    let relay: RelayAnswer = try await ask("GET", "/api/v1/relay")
    guard relay.store != store else { return }
    throw Failure(
      "the relay on \(settings.listen) (process \(relay.process)) has the store \(relay.store), and the rule file says \(store); "
        + "set status.listen to where the relay of this rule file listens")
  }

  /// - Returns: what the relay answered.
  /// - Throws: `Failure` with the relay's own words if it refused.
  func ask<Answer: Decodable>(
    _ method: String, _ path: String, body: (any Encodable & Sendable)? = nil, timeout: Duration = timeout
  ) async throws -> Answer {
    let answer = try await bytes(method, path, body: body, timeout: timeout)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do { return try decoder.decode(Answer.self, from: answer) } catch { throw notOurs }
  }

  /// - Returns: what the relay answered, as it is.
  /// - Throws: as `ask`.
  func bytes(
    _ method: String, _ path: String, body: (any Encodable & Sendable)? = nil, timeout: Duration = timeout
  ) async throws -> Data {
    let json = try body.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
    guard let answer = try await exchange(method, path, body: json, token: settings.token, timeout: timeout) else {
      throw Failure("the relay on \(settings.listen) has just ended; try again")
    }
    guard (200..<300).contains(answer.status) else { throw refusal(answer) }
    return answer.body
  }

  private var notOurs: Failure { Failure("what listens on \(settings.listen) is no relay of this version; check status.listen") }

  private func refusal(_ answer: Answered) -> Failure {
    struct Problem: Decodable { var detail: String }
    if answer.status == Self.unauthorized { return Failure("the relay on \(settings.listen) wants another token; check status.token") }
    guard let problem = try? JSONDecoder().decode(Problem.self, from: answer.body) else {
      return Failure("the relay on \(settings.listen) answered \(answer.status); look at its log")
    }
    return Failure(problem.detail)
  }

  private struct Answered: Sendable {
    var status: Int
    var body: Data
  }

  /// - Returns: nil if nothing listens there.
  private func exchange(
    _ method: String, _ path: String, body: String? = nil, token: Secret?, timeout: Duration = timeout
  ) async throws -> Answered? {
    try await offPool { [settings] in Result { try Self.exchange(method, path, body: body, token, timeout, settings) } }.get()
  }

  private static func exchange(
    _ method: String, _ path: String, body: String?, _ token: Secret?, _ timeout: Duration, _ settings: StatusSettings
  ) throws -> Answered? {
    guard let easy = curl_easy_init() else { preconditionFailure("out of memory") }
    defer { curl_easy_cleanup(easy) }
    var answer = Data()
    var headers: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(headers) }
    if let token { headers = curl_slist_append(headers, "authorization: Bearer \(token.reveal())") }
    if body != nil { headers = curl_slist_append(headers, "content-type: application/json") }
    let code = withUnsafeMutablePointer(to: &answer) { answer in
      check(relay_easy_set_string(easy, CURLOPT_URL, "http://\(settings.listen.reachable)\(path)"))
      check(relay_easy_set_string(easy, CURLOPT_PROXY, ""))
      check(relay_easy_set_long(easy, CURLOPT_NOSIGNAL, 1))
      check(relay_easy_set_long(easy, CURLOPT_TIMEOUT_MS, Int(timeout.milliseconds)))
      if let body { check(relay_easy_set_string(easy, CURLOPT_COPYPOSTFIELDS, body)) }
      check(relay_easy_set_string(easy, CURLOPT_CUSTOMREQUEST, method))
      check(relay_easy_set_headers(easy, headers))
      check(relay_easy_set_pointer(easy, CURLOPT_WRITEDATA, answer))
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
    return Answered(status: status, body: answer)
  }

  private static func check(_ code: CURLcode) {
    precondition(code == CURLE_OK, "libcurl: \(String(cString: curl_easy_strerror(code)))")
  }
}
