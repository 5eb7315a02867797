import CCurl
import Foundation
import Model

/// Makes attempts with libcurl's multi interface. Every handle lives and dies on the one thread that calls this.
///
/// Driven by sockets (`curl_multi_socket_action`), so that a turn costs what happened and not what hangs.
final class CurlTransport {
  private let multi: UnsafeMutableRawPointer
  private let epoll: Epoll
  private let userAgent: String
  private var routes: [LaneID: RouteTransfers] = [:]
  /// Those whose settings are out of force, until what they have in flight has ended.
  private var retired: [RouteTransfers] = []
  /// By the clock that libcurl goes by, which no correction of the time of day moves.
  private var timerAt: SuspendingClock.Instant?

  init(userAgent: String, epoll: Epoll) {
    precondition(curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, "libcurl cannot be set up")
    guard let multi = curl_multi_init() else { preconditionFailure("out of memory") }
    self.multi = multi
    self.epoll = epoll
    self.userAgent = userAgent
    let context = Unmanaged.passUnretained(self).toOpaque()
    check(relay_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Limits.transfersMax))
    check(relay_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, context))
    check(relay_multi_set_pointer(multi, CURLMOPT_TIMERDATA, context))
    check(
      relay_multi_set_socket(multi) { _, socket, what, context, _ in
        Unmanaged<CurlTransport>.fromOpaque(context!).takeUnretainedValue().interest(socket, what)
        return 0
      })
    check(
      relay_multi_set_timer(multi) { _, milliseconds, context in
        let transport = Unmanaged<CurlTransport>.fromOpaque(context!).takeUnretainedValue()
        transport.timerAt = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
        return 0
      })
  }

  /// After which libcurl wants to be called even if no socket is ready.
  var timeLeft: Duration? { timerAt.map { max(.zero, $0 - .now) } }

  /// Attempts that start from here on go by these settings; what is in flight ends by those that it began with.
  /// - Parameter lanes: of the routes, in the same order. An attempt of any other lane must not start.
  func reload(routes new: [RouteSettings], lanes: [LaneID]) {
    var old = routes
    routes = [:]
    for (lane, settings) in zip(lanes, new) {
      if let known = old[lane], known.settings == settings {
        routes[lane] = known
        old[lane] = nil
      } else {
        routes[lane] = RouteTransfers(route: settings, userAgent: userAgent, epoll: epoll)
      }
    }
    for route in old.values {
      route.retire()
      if route.isBusy { retired.append(route) }
    }
  }

  func start(_ attempt: Attempt) {
    guard let route = routes[attempt.delivery.lane] else { preconditionFailure("nothing is sent to a route that is not in force") }
    let transfer = route.begin(attempt)
    check(curl_multi_add_handle(multi, transfer.easy))
  }

  func socketReady(_ ready: Epoll.Ready) {
    var events: Int32 = 0
    if ready.isReadable { events |= CURL_CSELECT_IN }
    if ready.isWritable { events |= CURL_CSELECT_OUT }
    if ready.isFailed { events |= CURL_CSELECT_ERR }
    var running: Int32 = 0
    check(curl_multi_socket_action(multi, ready.descriptor, events, &running))
  }

  /// Calls libcurl if its time has come.
  func checkTime() {
    guard let timerAt, timerAt <= .now else { return }
    self.timerAt = nil
    var running: Int32 = 0
    check(curl_multi_socket_action(multi, relayTimeoutSocket, 0, &running))
  }

  /// Calls `body` with each attempt that has ended since the last call.
  /// - Parameter now: what a time of day in an answer is compared with.
  func takeEnded(at now: Instant, _ body: (Attempt, Ending) -> Void) {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
      let code = relay_message_result(message)
      let transfer = Transfer.of(easy)
      check(curl_multi_remove_handle(multi, easy))
      let (attempt, ending) = (transfer.attempt, transfer.ending(code, at: now))
      let route = transfer.route
      route.end(transfer)
      if !route.isBusy, route.isRetired { retired.removeAll { $0 === route } }
      body(attempt, ending)
    }
  }

  /// Ends what is in flight without a result, and every handle.
  func close() {
    for route in Array(routes.values) + retired { route.close { check(curl_multi_remove_handle(multi, $0)) } }
    check(curl_multi_cleanup(multi))
  }

  private func interest(_ socket: curl_socket_t, _ what: Int32) {
    if what == CURL_POLL_REMOVE { return epoll.forget(socket) }
    epoll.want(socket, readable: what & CURL_POLL_IN != 0, writable: what & CURL_POLL_OUT != 0)
  }

  /// The one place where the multi interface's codes are looked at: all of them are misuse or lack of memory.
  private func check(_ code: CURLMcode) {
    precondition(code == CURLM_OK, "libcurl: \(String(cString: curl_multi_strerror(code)))")
  }
}

/// CURL_SOCKET_TIMEOUT, a macro that Swift does not import.
private let relayTimeoutSocket: curl_socket_t = -1
