import CCurl
import Foundation
import Model

/// Posts to one hook with libcurl. Blocks, so it lives and dies on a thread of its own.
final class HookRequest {
  /// How long libcurl may wait for the hook without asking whether it must stop.
  private static let askEvery: Duration = .seconds(1)

  private let easy: UnsafeMutableRawPointer
  /// The easy interface alone would look up only once a second.
  private let multi: UnsafeMutableRawPointer
  private let headers: UnsafeMutablePointer<curl_slist>?
  private let timeout: Duration
  private let timeLeft: () -> Duration?

  /// - Parameter timeLeft: after which the request under way ends; nil while nothing bounds it but `timeout`. May come to be at any
  ///   time, and is seen within a second.
  init(url: Secret, userAgent: String, timeout: Duration, timeLeft: @escaping () -> Duration?) {
    guard let easy = curl_easy_init(), let multi = curl_multi_init() else { preconditionFailure("out of memory") }
    self.easy = easy
    self.multi = multi
    self.timeout = timeout
    self.timeLeft = timeLeft
    var headers: UnsafeMutablePointer<curl_slist>?
    // Without these curl adds an Accept of its own, and to large bodies an Expect that costs a round trip.
    for line in ["content-type: application/json", "user-agent: \(userAgent)", "accept:", "expect:"] {
      guard let longer = curl_slist_append(headers, line) else { preconditionFailure("out of memory") }
      headers = longer
    }
    self.headers = headers
    configure(url)
  }

  private func configure(_ url: Secret) {
    let milliseconds = Int(timeout.milliseconds)
    check(relay_easy_set_string(easy, CURLOPT_URL, url.reveal()))
    check(relay_easy_allow_http_only(easy))
    check(relay_easy_set_string(easy, CURLOPT_PROXY, ""))
    check(relay_easy_set_long(easy, CURLOPT_POST, 1))
    check(relay_easy_set_headers(easy, headers))
    check(relay_easy_set_long(easy, CURLOPT_FOLLOWLOCATION, 0))
    check(relay_easy_set_long(easy, CURLOPT_NOSIGNAL, 1))
    check(relay_easy_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1))
    check(relay_easy_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2))
    check(relay_easy_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds))
    check(relay_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds))
    check(relay_easy_abandon_lookup(easy))
    // A message is rare: an open connection would be closed by the other side before the next.
    check(relay_easy_set_long(easy, CURLOPT_FORBID_REUSE, 1))
    // What is answered besides the status is of no interest.
    check(relay_easy_set_write(easy) { _, size, count, _ in size * count })
  }

  /// - Returns: nil if it was taken; otherwise why not, in words without the URL.
  func post(_ body: [UInt8]) -> String? {
    check(relay_easy_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
    let code = body.withUnsafeBytes { bytes in
      check(relay_easy_set_pointer(easy, CURLOPT_POSTFIELDS, bytes.baseAddress))
      return perform()
    }
    guard let code else { return "no answer before the relay stopped" }
    guard code == CURLE_OK else {
      return code == CURLE_OPERATION_TIMEDOUT ? "no answer within \(spoken(timeout))" : String(cString: curl_easy_strerror(code))
    }
    var status = 0
    check(relay_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status))
    return (200..<300).contains(status) ? nil : "answered \(status)"
  }

  /// - Returns: nil if its time was up before its end.
  private func perform() -> CURLcode? {
    check(curl_multi_add_handle(multi, easy))
    defer { check(curl_multi_remove_handle(multi, easy)) }
    while true {
      var (running, left): (Int32, Int32) = (0, 0)
      check(curl_multi_perform(multi, &running))
      while let message = curl_multi_info_read(multi, &left) {
        if message.pointee.msg == CURLMSG_DONE { return relay_message_result(message) }
      }
      let wait = min(timeLeft() ?? Self.askEvery, Self.askEvery)
      guard wait > .zero else { return nil }
      check(curl_multi_poll(multi, nil, 0, Int32(wait.milliseconds.rounded(.up)), nil))
    }
  }

  func close() {
    check(curl_multi_cleanup(multi))
    curl_easy_cleanup(easy)
    curl_slist_free_all(headers)
  }

  private func check(_ code: CURLMcode) {
    precondition(code == CURLM_OK, "libcurl: \(String(cString: curl_multi_strerror(code)))")
  }

  private func check(_ code: CURLcode) {
    precondition(code == CURLE_OK, "libcurl: \(String(cString: curl_easy_strerror(code)))")
  }
}
