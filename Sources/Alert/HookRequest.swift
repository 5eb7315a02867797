import CCurl
import Foundation
import Model

/// Posts to one hook with libcurl's easy interface. Blocks, so it lives and dies on a thread of its own.
final class HookRequest {
  private let easy: UnsafeMutableRawPointer
  private let headers: UnsafeMutablePointer<curl_slist>?
  private let timeout: Duration
  private let mustStop: () -> Bool

  /// - Parameter mustStop: asked at least once a second; true ends the request under way.
  init(url: Secret, userAgent: String, timeout: Duration, mustStop: @escaping () -> Bool) {
    guard let easy = curl_easy_init() else { preconditionFailure("out of memory") }
    self.easy = easy
    self.timeout = timeout
    self.mustStop = mustStop
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
    check(relay_easy_set_long(easy, CURLOPT_NOPROGRESS, 0))
    check(relay_easy_set_pointer(easy, CURLOPT_XFERINFODATA, Unmanaged.passUnretained(self).toOpaque()))
    check(
      relay_easy_set_progress(easy) { context, _, _, _, _ in
        Unmanaged<HookRequest>.fromOpaque(context!).takeUnretainedValue().mustStop() ? 1 : 0
      })
  }

  /// - Returns: nil if it was taken; otherwise why not, in words without the URL.
  func post(_ body: [UInt8]) -> String? {
    check(relay_easy_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
    let code = body.withUnsafeBytes { bytes in
      check(relay_easy_set_pointer(easy, CURLOPT_POSTFIELDS, bytes.baseAddress))
      return curl_easy_perform(easy)
    }
    guard code == CURLE_OK else {
      return code == CURLE_OPERATION_TIMEDOUT ? "no answer within \(spoken(timeout))" : String(cString: curl_easy_strerror(code))
    }
    var status = 0
    check(relay_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status))
    return (200..<300).contains(status) ? nil : "answered \(status)"
  }

  func close() {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headers)
  }

  private func check(_ code: CURLcode) {
    precondition(code == CURLE_OK, "libcurl: \(String(cString: curl_easy_strerror(code)))")
  }
}
