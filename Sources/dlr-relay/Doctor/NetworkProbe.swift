import CCurl
import Foundation
import Model
import Receive

/// Connects as the relay itself would, to many at once, and looks no further: TCP and TLS with verification, and no request unless
/// one is asked for, which is for the relay's own doors alone.
struct NetworkProbe {
  struct Target {
    var topic: String
    var url: Secret
    /// GET, of the relay's own URL. Else nothing is sent.
    var asks = false
  }

  struct Result {
    var reach: Facts.Reach
    /// Of a target that was asked and answered.
    var answer: Facts.PublicAnswer?
    /// By its Date.
    var clock: Instant?
  }

  private static let timeout: Duration = .seconds(10)
  /// Connections that are tried at once.
  private static let togetherMax = 64
  private static let bodyBytesMax = 1_024

  /// Blocks, at most `timeout` for every `togetherMax` of them.
  static func look(_ targets: [Target]) -> [Result] {
    var results: [Result] = []
    for start in stride(from: 0, to: targets.count, by: togetherMax) {
      results += together(targets[start..<min(start + togetherMax, targets.count)])
    }
    return results
  }

  private static func together(_ targets: ArraySlice<Target>) -> [Result] {
    guard let multi = curl_multi_init() else { preconditionFailure("out of memory") }
    let trials = targets.map(Trial.init)
    for trial in trials { check(curl_multi_add_handle(multi, trial.easy)) }
    var (running, left): (Int32, Int32) = (0, 0)
    repeat {
      check(curl_multi_perform(multi, &running))
      while let message = curl_multi_info_read(multi, &left) {
        guard message.pointee.msg == CURLMSG_DONE else { continue }
        let (easy, code) = (message.pointee.easy_handle, relay_message_result(message))
        trials.first { $0.easy == easy }?.code = code
      }
      if running > 0 { check(curl_multi_poll(multi, nil, 0, 500, nil)) }
    } while running > 0
    let results = trials.map { $0.result() }
    for trial in trials {
      check(curl_multi_remove_handle(multi, trial.easy))
      trial.close()
    }
    check(curl_multi_cleanup(multi))
    return results
  }

  /// One handle.
  private final class Trial {
    let target: Target
    let easy: UnsafeMutableRawPointer
    var code = CURLE_OPERATION_TIMEDOUT
    private var body: [UInt8] = []
    private var headers: [String: String] = [:]
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init(_ target: Target) {
      guard let easy = curl_easy_init() else { preconditionFailure("out of memory") }
      (self.target, self.easy) = (target, easy)
      errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
      let milliseconds = Int(NetworkProbe.timeout.milliseconds)
      check(relay_easy_set_string(easy, CURLOPT_URL, target.url.reveal()))
      check(relay_easy_allow_http_only(easy))
      check(relay_easy_set_string(easy, CURLOPT_PROXY, ""))
      check(relay_easy_set_long(easy, CURLOPT_CONNECT_ONLY, target.asks ? 0 : 1))
      check(relay_easy_set_long(easy, CURLOPT_FOLLOWLOCATION, 0))
      check(relay_easy_set_long(easy, CURLOPT_NOSIGNAL, 1))
      check(relay_easy_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1))
      check(relay_easy_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2))
      check(relay_easy_set_long(easy, CURLOPT_CERTINFO, 1))
      check(relay_easy_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds))
      check(relay_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds))
      check(relay_easy_abandon_lookup(easy))
      check(relay_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
      let context = Unmanaged.passUnretained(self).toOpaque()
      check(relay_easy_set_pointer(easy, CURLOPT_WRITEDATA, context))
      check(
        relay_easy_set_write(easy) { bytes, size, count, context in
          let trial = Unmanaged<Trial>.fromOpaque(context!).takeUnretainedValue()
          trial.body += UnsafeRawBufferPointer(start: bytes, count: size * count)
          return trial.body.count <= NetworkProbe.bodyBytesMax ? size * count : 0
        })
      check(relay_easy_set_pointer(easy, CURLOPT_HEADERDATA, context))
      check(
        relay_easy_set_header(easy) { bytes, size, count, context in
          let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
          Unmanaged<Trial>.fromOpaque(context!).takeUnretainedValue().came(header: line)
          return size * count
        })
    }

    private func came(header line: String) {
      guard let colon = line.firstIndex(of: ":") else { return }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func close() {
      curl_easy_cleanup(easy)
      errorText.deallocate()
    }

    func result() -> Result {
      let reach = Facts.Reach(
        topic: target.topic, origin: Self.origin(of: target.url.reveal()),
        isEncrypted: target.url.reveal().lowercased().hasPrefix("https:"), outcome: outcome(), certificateEnds: certificateEnds())
      // An answer that is longer than a relay's was cut.
      guard target.asks, code == CURLE_OK || code == CURLE_WRITE_ERROR else { return Result(reach: reach) }
      let status = long(CURLINFO_RESPONSE_CODE)
      let isReady = status == 200 && (try? JSONDecoder().decode([String: Bool].self, from: Data(body))) == ["ready": true]
      let redirect = (300..<400).contains(status) ? headers["location"].map(Self.origin) : nil
      return Result(
        reach: reach,
        answer: Facts.PublicAnswer(
          status: status, isReady: isReady, redirect: redirect, instance: headers[PublicDoor.instanceHeader]),
        clock: headers["date"].flatMap(HTTPDate.instant))
    }

    private func outcome() -> Facts.Reach.Outcome {
      switch code {
      case CURLE_OK: return .connected(took: connecting)
      case CURLE_WRITE_ERROR where target.asks: return .connected(took: connecting)
      case CURLE_COULDNT_RESOLVE_HOST: return .noAddress
      case CURLE_COULDNT_CONNECT: return long(CURLINFO_OS_ERRNO) == Int(ECONNREFUSED) ? .refused : .unreachable
      case CURLE_OPERATION_TIMEDOUT: return .timedOut
      case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
        CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
        return .tls(words)
      default: return .other(words)
      }
    }

    /// With TLS, where there is any.
    private var connecting: Duration { .microseconds(max(time(CURLINFO_CONNECT_TIME_T), time(CURLINFO_APPCONNECT_TIME_T))) }

    /// libcurl's words of a connection name hosts, ports and certificates, never a path or a query.
    private var words: String {
      let text = String(cString: errorText)
      return text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    }

    /// Of the first certificate, which is the other side's own.
    private func certificateEnds() -> Instant? {
      var information: UnsafeMutablePointer<curl_certinfo>?
      guard relay_easy_get_certificates(easy, &information) == CURLE_OK, let information, information.pointee.num_of_certs > 0 else {
        return nil
      }
      var entry = information.pointee.certinfo[0]
      while let line = entry?.pointee {
        let text = String(cString: line.data)
        if let prefix = text.prefixMatch(of: /(?i)expire date:/) { return CertificateDate.instant(text[prefix.range.upperBound...]) }
        entry = line.next
      }
      return nil
    }

    /// Scheme, host and port; a URL's path and query may hold a token.
    private static func origin(of url: String) -> String {
      guard let scheme = url.firstRange(of: "://") else { return "an address without a host" }
      return String(url[..<scheme.upperBound]) + url[scheme.upperBound...].prefix { !"/?#".contains($0) }
    }

    private func long(_ name: CURLINFO) -> Int {
      var value = 0
      check(relay_easy_get_long(easy, name, &value))
      return value
    }

    private func time(_ name: CURLINFO) -> Int64 {
      var value: curl_off_t = 0
      check(relay_easy_get_time(easy, name, &value))
      return Int64(value)
    }
  }

}

private func check(_ code: CURLMcode) {
  precondition(code == CURLM_OK, "libcurl: \(String(cString: curl_multi_strerror(code)))")
}

private func check(_ code: CURLcode) {
  precondition(code == CURLE_OK, "libcurl: \(String(cString: curl_easy_strerror(code)))")
}

/// `Nov 24 04:47:19 2026 GMT`, as OpenSSL prints it.
enum CertificateDate {
  static func instant(_ text: some StringProtocol) -> Instant? {
    let parts = text.split(separator: " ")
    guard parts.count == 5, parts[4] == "GMT", let month = months.firstIndex(of: String(parts[0])) else { return nil }
    return utc(year: parts[3], month: month + 1, day: parts[1], time: parts[2])
  }

  fileprivate static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  fileprivate static func utc(year: some StringProtocol, month: Int, day: some StringProtocol, time: some StringProtocol) -> Instant? {
    func two(_ text: some StringProtocol) -> String { text.count == 1 ? "0\(text)" : String(text) }
    return Instant(rfc3339: "\(year)-\(two(String(month)))-\(two(day))T\(time)Z")
  }
}

/// `Tue, 24 Nov 2026 04:47:19 GMT` (RFC 9110, 5.6.7).
enum HTTPDate {
  static func instant(_ text: String) -> Instant? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let month = CertificateDate.months.firstIndex(of: String(parts[2])) else { return nil }
    return CertificateDate.utc(year: parts[3], month: month + 1, day: parts[1], time: parts[4])
  }
}
