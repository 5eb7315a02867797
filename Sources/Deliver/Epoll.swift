import CEpoll
import Foundation

/// epoll(7) for the curl thread, with the interest in each socket kept here so that the kernel is told only of changes that
/// matter.
///
/// libcurl takes its interest back after every transfer and states it again for the next one on the same connection. To save a
/// system call, a socket that nobody is interested in stays registered until it is readable, closed, or wanted again.
///
/// By then its number may be another socket's: libcurl closes some, those of connections that never came to be among them,
/// without a word, and takes its interest back only afterwards. So the kernel, which forgets a socket when it is closed, is
/// asked again whenever a number is wanted again.
final class Epoll {
  struct Ready {
    var descriptor: Int32
    var isReadable: Bool
    var isWritable: Bool
    var isFailed: Bool
  }

  private struct Interest {
    /// What the kernel was told.
    var registered: UInt32
    /// What libcurl wants.
    var wanted: UInt32
  }

  private let descriptor: Int32
  private var interests: [Int32: Interest] = [:]
  private var buffer = [epoll_event](repeating: epoll_event(), count: 256)

  init() {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    precondition(descriptor >= 0, "no epoll: \(String(cString: strerror(errno)))")
  }

  func want(_ socket: Int32, readable: Bool, writable: Bool) {
    let wanted = (readable ? EPOLLIN.rawValue : 0) | (writable ? EPOLLOUT.rawValue : 0)
    guard var interest = interests[socket] else {
      interests[socket] = Interest(registered: wanted, wanted: wanted)
      return control(EPOLL_CTL_ADD, socket, wanted)
    }
    // To be told of too little would hang a transfer, of too much costs a look.
    let isTold = wanted & ~interest.registered == 0 && (writable || interest.registered & EPOLLOUT.rawValue == 0)
    if interest.wanted == 0 || !isTold {
      interest.registered = wanted
      control(EPOLL_CTL_MOD, socket, wanted)
    }
    interest.wanted = wanted
    interests[socket] = interest
  }

  /// Nobody waits for the socket now; it may well be wanted again.
  func forget(_ socket: Int32) { interests[socket]?.wanted = 0 }

  /// A socket was made. If libcurl has just closed another of that number, it may not state again what it wants of it, since
  /// to libcurl nothing has changed.
  func opened(_ socket: Int32) {
    guard let interest = interests.removeValue(forKey: socket), interest.wanted != 0 else { return }
    interests[socket] = Interest(registered: interest.wanted, wanted: interest.wanted)
    control(EPOLL_CTL_ADD, socket, interest.wanted)
  }

  /// - Parameter timeout: rounded up to milliseconds; nil waits for ever.
  func wait(_ timeout: Duration?, _ body: (Ready) -> Void) {
    let milliseconds = timeout.map { Int32(clamping: ($0.microseconds + 999) / 1_000) } ?? -1
    let count = epoll_wait(descriptor, &buffer, Int32(buffer.count), max(-1, milliseconds))
    guard count >= 0 else {
      precondition(errno == EINTR, "epoll_wait: \(String(cString: strerror(errno)))")
      return
    }
    for event in buffer.prefix(Int(count)) {
      let (socket, events) = (event.data.fd, event.events)
      guard let interest = interests[socket] else { continue }
      guard interest.wanted != 0 else {
        // Idle and readable: the other side closed it, or sent what nobody asked for. libcurl finds out when it looks.
        // Fails where it was closed within this round, which comes to the same.
        epoll_ctl(descriptor, EPOLL_CTL_DEL, socket, nil)
        interests[socket] = nil
        continue
      }
      let isFailed = events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
      body(
        Ready(
          descriptor: socket, isReadable: events & EPOLLIN.rawValue != 0 || isFailed, isWritable: events & EPOLLOUT.rawValue != 0,
          isFailed: isFailed))
    }
  }

  func close() { Foundation.close(descriptor) }

  private func control(_ operation: Int32, _ socket: Int32, _ events: UInt32) {
    var event = epoll_event()
    event.events = events
    event.data.fd = socket
    var code = epoll_ctl(descriptor, operation, socket, &event)
    if code != 0, errno == ENOENT, operation == EPOLL_CTL_MOD { code = epoll_ctl(descriptor, EPOLL_CTL_ADD, socket, &event) }
    precondition(code == 0, "epoll_ctl: \(String(cString: strerror(errno)))")
  }
}
