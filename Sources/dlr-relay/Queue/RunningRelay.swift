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
  /// The relay gives its own door two seconds to answer.
  private static let readinessTimeout: Duration = .seconds(3)
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

  /// - Returns: what keeps the relay from taking reports, in words; nothing if it is ready.
  /// - Throws: `Failure` if it is not there or does not say.
  func missingToBeReady() async throws -> [String] {
    struct Readiness: Decodable {
      var ready: Bool
      var not_ready: [String]
    }
    guard let answer = try await exchange("GET", "/readyz", token: nil, timeout: Self.readinessTimeout) else {
      throw Failure("not ready: no relay listens on \(settings.listen); start it, or look at its log")
    }
    guard let said = try? JSONDecoder().decode(Readiness.self, from: answer.body) else { throw notOurs }
    guard !said.ready else { return [] }
    let words = ["store": "the store cannot write", "public_door": "the public door does not answer"]
    return said.not_ready.isEmpty ? ["the relay does not say why"] : said.not_ready.map { words[$0] ?? $0 }
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

  var hasToken: Bool { settings.token != nil }

  /// Gives `take` what the relay answers as it comes, on another thread; false ends it.
  /// - Throws: as `ask`; what came of a refusal was given as well.
  func download(_ path: String, _ take: @escaping (UnsafeRawBufferPointer) -> Bool) async throws {
    nonisolated(unsafe) let take = take
    let status = try await offPool { [settings] in Result { try Self.download(path, settings, take) } }.get()
    guard status == 200 else { throw Failure("the relay on \(settings.listen) answered \(status); look at its log") }
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

  /// Nothing came for so long: whoever sent it is gone.
  private static let silenceSecondsMax = 60

  /// - Returns: the status.
  private static func download(_ path: String, _ settings: StatusSettings, _ take: (UnsafeRawBufferPointer) -> Bool) throws -> Int {
    guard let easy = curl_easy_init() else { preconditionFailure("out of memory") }
    defer { curl_easy_cleanup(easy) }
    let headers = settings.token.flatMap { curl_slist_append(nil, "authorization: Bearer \($0.reveal())") }
    defer { curl_slist_free_all(headers) }
    let code = withoutActuallyEscaping(take) { take in
      var take = take
      return withUnsafeMutablePointer(to: &take) { take in
        check(relay_easy_set_string(easy, CURLOPT_URL, "http://\(settings.listen.reachable)\(path)"))
        check(relay_easy_set_string(easy, CURLOPT_PROXY, ""))
        check(relay_easy_set_long(easy, CURLOPT_NOSIGNAL, 1))
        check(relay_easy_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1))
        check(relay_easy_set_long(easy, CURLOPT_LOW_SPEED_TIME, silenceSecondsMax))
        check(relay_easy_set_headers(easy, headers))
        check(relay_easy_set_pointer(easy, CURLOPT_WRITEDATA, take))
        check(
          relay_easy_set_write(easy) { bytes, size, count, context in
            let take = context!.assumingMemoryBound(to: ((UnsafeRawBufferPointer) -> Bool).self).pointee
            return take(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
          })
        return curl_easy_perform(easy)
      }
    }
    guard code == CURLE_OK else {
      throw Failure("what the relay on \(settings.listen) sent could not be kept: \(String(cString: curl_easy_strerror(code)))")
    }
    var status = 0
    check(relay_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status))
    return status
  }

  private static func check(_ code: CURLcode) {
    precondition(code == CURLE_OK, "libcurl: \(String(cString: curl_easy_strerror(code)))")
  }
}
