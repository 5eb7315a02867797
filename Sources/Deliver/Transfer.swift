import CCurl
import Foundation
import Model

/// The handles of one route, as long as its settings are the same: each keeps its options and its connection for the next attempt.
final class RouteTransfers {
  let settings: RouteSettings
  let headers: CopyHeaders
  let redactor: Redactor
  let epoll: Epoll
  private var idle: [Transfer] = []
  private var busy: [ObjectIdentifier: Transfer] = [:]
  /// Nothing begins any more.
  private(set) var isRetired = false
  var isBusy: Bool { !busy.isEmpty }

  init(route: RouteSettings, userAgent: String, epoll: Epoll) {
    settings = route
    self.epoll = epoll
    headers = CopyHeaders(route: route, userAgent: userAgent)
    redactor = Redactor(route)
  }

  func begin(_ attempt: Attempt) -> Transfer {
    precondition(!isRetired, "an attempt began by settings that are out of force")
    let transfer = idle.popLast() ?? Transfer(route: self)
    transfer.begin(attempt)
    busy[ObjectIdentifier(transfer)] = transfer
    return transfer
  }

  func end(_ transfer: Transfer) {
    busy[ObjectIdentifier(transfer)] = nil
    transfer.end()
    guard isRetired else { return idle.append(transfer) }
    transfer.close()
    if !isBusy { headers.close() }
  }

  /// What is in flight ends as it began; the rest is freed now.
  func retire() {
    isRetired = true
    for transfer in idle { transfer.close() }
    idle = []
    if !isBusy { headers.close() }
  }

  func close(removing remove: (UnsafeMutableRawPointer) -> Void) {
    for transfer in busy.values {
      remove(transfer.easy)
      transfer.end()
      transfer.close()
    }
    for transfer in idle { transfer.close() }
    busy = [:]
    idle = []
    headers.close()
  }
}

/// One easy handle, and the attempt it is making. The handle's private pointer is this object.
final class Transfer {
  let easy: UnsafeMutableRawPointer
  unowned let route: RouteTransfers
  private var current: Attempt?
  private var list: UnsafeMutablePointer<curl_slist>?
  /// What libcurl sends from: an array's own bytes may not be pointed to for longer than a call.
  private var body = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_024, alignment: 1)
  private let answer: Answer
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  init(route: RouteTransfers) {
    guard let easy = curl_easy_init() else { preconditionFailure("out of memory") }
    self.easy = easy
    self.route = route
    answer = Answer(bytesKeptMax: Limits.answerKeptBytes + route.redactor.lookAhead)
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    configure()
  }

  var attempt: Attempt {
    guard let current else { preconditionFailure("a transfer that ended was making an attempt") }
    return current
  }

  static func of(_ easy: UnsafeMutableRawPointer) -> Transfer {
    var pointer: UnsafeMutableRawPointer?
    check(relay_easy_get_pointer(easy, CURLINFO_PRIVATE, &pointer))
    return Unmanaged<Transfer>.fromOpaque(pointer!).takeUnretainedValue()
  }

  func begin(_ attempt: Attempt) {
    current = attempt
    answer.reset()
    errorText.pointee = 0
    list = route.headers.list(for: attempt)
    let bytes = attempt.delivery.payload.bytes
    if bytes.count > body.count {
      body.deallocate()
      body = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    }
    body.copyBytes(from: bytes)
    check(relay_easy_set_headers(easy, list))
    check(relay_easy_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress))
    check(relay_easy_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
  }

  func end() {
    check(relay_easy_set_headers(easy, nil))
    route.headers.free(list)
    list = nil
    current = nil
  }

  func close() {
    curl_easy_cleanup(easy)
    body.deallocate()
    errorText.deallocate()
  }

  /// Options that are the same for every attempt of the route.
  private func configure() {
    let (settings, context) = (route.settings, Unmanaged.passUnretained(self).toOpaque())
    check(relay_easy_set_pointer(easy, CURLOPT_PRIVATE, context))
    check(relay_easy_set_string(easy, CURLOPT_URL, settings.url.reveal()))
    check(relay_easy_allow_http_only(easy))
    // Reports go to the app and nowhere else, whatever http_proxy says.
    check(relay_easy_set_string(easy, CURLOPT_PROXY, ""))
    check(relay_easy_set_long(easy, CURLOPT_POST, 1))
    check(relay_easy_set_long(easy, CURLOPT_FOLLOWLOCATION, 0))
    check(relay_easy_set_long(easy, CURLOPT_NOSIGNAL, 1))
    check(relay_easy_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS)))
    // With TLS 1.2 and verification, which are libcurl's defaults and said here because nothing else may ever be meant.
    check(relay_easy_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1))
    check(relay_easy_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2))
    check(relay_easy_set_long(easy, CURLOPT_TIMEOUT_MS, Int(settings.timeout.milliseconds)))
    check(relay_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(settings.timeout.milliseconds)))
    check(relay_easy_abandon_lookup(easy))
    check(relay_easy_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1))
    check(relay_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
    check(relay_easy_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(answer).toOpaque()))
    check(
      relay_easy_set_write(easy) { bytes, size, count, answer in
        let bytes = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return Unmanaged<Answer>.fromOpaque(answer!).takeUnretainedValue().came(body: bytes) ? bytes.count : 0
      })
    check(relay_easy_set_pointer(easy, CURLOPT_HEADERDATA, Unmanaged.passUnretained(answer).toOpaque()))
    check(
      relay_easy_set_header(easy) { bytes, size, count, answer in
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        Unmanaged<Answer>.fromOpaque(answer!).takeUnretainedValue().came(header: line)
        return line.count
      })
    check(relay_easy_set_pointer(easy, CURLOPT_OPENSOCKETDATA, Unmanaged.passUnretained(route.epoll).toOpaque()))
    check(
      relay_easy_set_open(easy) { context, _, address in
        let kind = address!.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        let socket = Foundation.socket(address!.pointee.family, kind, address!.pointee.protocol)
        if socket >= 0 { Unmanaged<Epoll>.fromOpaque(context!).takeUnretainedValue().opened(socket) }
        return socket
      })
  }

  /// What the transfer's end means, and for a failure, words for the operator without a secret.
  func ending(_ code: CURLcode, at now: Instant) -> Ending {
    let (outcome, words) = outcome(code)
    var ending = Ending(outcome)
    guard !outcome.isDelivered else { return ending }
    ending.detail = String(route.redactor.redact(words).prefix(Limits.errorTextMax))
    guard case .answered(let status) = outcome else { return ending }
    ending.answer = route.redactor.beginning(of: answer.kept, isWhole: answer.isKeptWhole, bytesMax: Limits.answerKeptBytes)
    if status == Outcome.tooManyRequests || status == Outcome.unavailable {
      ending.retryAfter = answer.retryAfter.flatMap { RetryAfter.duration($0, at: now) }
    }
    return ending
  }

  private func outcome(_ code: CURLcode) -> (Outcome, words: String) {
    let status = long(CURLINFO_RESPONSE_CODE)
    switch code {
    case CURLE_OK:
      return answered(status)
    case CURLE_WRITE_ERROR where answer.isTooLong:
      return answered(status)
    case CURLE_OPERATION_TIMEDOUT:
      return timedOut()
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
      return (.failed(.dns), "the host name has no address")
    case CURLE_COULDNT_CONNECT:
      let isRefused = long(CURLINFO_OS_ERRNO) == Int(ECONNREFUSED)
      return isRefused ? (.failed(.refused), "connection refused") : (.failed(.unreachable), "cannot connect")
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      return (.failed(.tls), words(or: code))
    // An answer that is not HTTP is an unsupported protocol, too.
    case CURLE_URL_MALFORMAT where !isConnected, CURLE_UNSUPPORTED_PROTOCOL where !isConnected:
      return (.failed(.unusable), "the URL cannot be used")
    default:
      return (.failed(.disconnected), words(or: code))
    }
  }

  private func answered(_ status: Int) -> (Outcome, words: String) {
    (.answered(status: status), "answered \(status)" + (redirect().map { ", Location: \($0)" } ?? ""))
  }

  private func timedOut() -> (Outcome, words: String) {
    let limit = "\(route.settings.timeout.milliseconds / 1_000) s"
    if !isConnected { return (.failed(.timeoutConnect), "no connection within \(limit)") }
    if time(CURLINFO_STARTTRANSFER_TIME_T) == 0 { return (.failed(.timeoutFirstByte), "no answer within \(limit)") }
    return (.failed(.timeoutWhole), "no complete answer within \(limit)")
  }

  /// Whether it came so far that the request could be sent. The time of connecting is none for a connection used again.
  private var isConnected: Bool { time(CURLINFO_PRETRANSFER_TIME_T) != 0 }

  /// libcurl's words of a connection name hosts, ports and certificates, never a path or a query.
  private func words(or code: CURLcode) -> String {
    let text = String(cString: errorText)
    return text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
  }

  /// Where the app wants copies to be sent instead, which nobody does: without user info, query and fragment, which may hold tokens.
  /// nil if it does not say so, or not as a URL.
  private func redirect() -> String? {
    var location: UnsafePointer<CChar>?
    check(relay_easy_get_string(easy, CURLINFO_REDIRECT_URL, &location))
    guard let location, let url = curl_url() else { return nil }
    defer { curl_url_cleanup(url) }
    guard curl_url_set(url, CURLUPART_URL, location, 0) == CURLUE_OK else { return nil }
    for part in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_QUERY, CURLUPART_FRAGMENT] {
      curl_url_set(url, part, nil, 0)
    }
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }

  private func long(_ info: CURLINFO) -> Int {
    var value = 0
    check(relay_easy_get_long(easy, info, &value))
    return value
  }

  private func time(_ info: CURLINFO) -> curl_off_t {
    var value: curl_off_t = 0
    check(relay_easy_get_time(easy, info, &value))
    return value
  }
}

/// The one place where the easy interface's codes are looked at: options and infos fail only by misuse or lack of memory.
private func check(_ code: CURLcode) {
  precondition(code == CURLE_OK, "libcurl: \(String(cString: curl_easy_strerror(code)))")
}
