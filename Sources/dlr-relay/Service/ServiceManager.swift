import Foundation
import Model

/// What whoever started the relay as a service hears of it: systemd's notification protocol, a datagram to the socket that
/// `$NOTIFY_SOCKET` names (sd_notify(3)). Where nobody asked for it nothing is sent.
///
/// Sends in the order of the calls, on a thread of its own: a manager that is slow to read costs nobody else time.
final class ServiceManager: Sendable {
  /// A datagram that is not taken within so long is given up.
  private static let sendTimeMax: Duration = .seconds(5)

  private let socket: Int32?
  private let queue = DispatchQueue(label: "service")

  /// - Parameter address: as `$NOTIFY_SOCKET` has it: an absolute path, or `@` and an abstract name.
  init(_ address: String?) { socket = address.flatMap(Self.connected) }

  deinit {
    if let socket { close(socket) }
  }

  var isThere: Bool { socket != nil }

  /// - Returns: when it was sent, or given up.
  func tell(_ notices: [Notice]) {
    guard let socket else { return }
    queue.sync { Self.send(notices, to: socket) }
  }

  /// Returns at once.
  func tellLater(_ notices: [Notice]) {
    guard socket != nil else { return }
    // The manager lives as long as what it still has to send.
    queue.async { [self] in
      if let socket { Self.send(notices, to: socket) }
    }
  }

  private static func send(_ notices: [Notice], to socket: Int32) {
    let bytes = Array(notices.map(\.line).joined(separator: "\n").utf8)
    // One that is lost is not worth ending for; the manager acts by its own times.
    while Foundation.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) < 0, errno == EINTR {}
  }

  private static func connected(_ text: String) -> Int32? {
    let name = Array(text.utf8)
    var address = sockaddr_un()
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard let first = name.first, "/@".utf8.contains(first), (2..<room).contains(name.count) else { return nil }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { path in
      path.copyBytes(from: name)
      // An abstract name begins with a zero, and has no end but its length (unix(7)).
      if first == UInt8(ascii: "@") { path[0] = 0 }
    }
    let isPath = first == UInt8(ascii: "/")
    let length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + name.count + (isPath ? 1 : 0))
    let descriptor = Foundation.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var time = timeval(tv_sec: Int(sendTimeMax.seconds), tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
    }
    guard code == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }
}

/// A line of the notification protocol.
enum Notice: Equatable {
  /// Both doors listen; also the end of `reloading`.
  case ready
  case stopping
  /// The rule file is being read again.
  /// - Parameter monotonic: now, in microseconds of CLOCK_MONOTONIC, by which systemd 253 and later tells one reload from the next.
  case reloading(monotonic: Int64)
  /// One line for people, without secrets.
  case status(String)
  case alive

  var line: String {
    switch self {
    case .ready: "READY=1"
    case .stopping: "STOPPING=1"
    case .reloading(let monotonic): "RELOADING=1\nMONOTONIC_USEC=\(monotonic)"
    case .status(let words): "STATUS=" + words.split(separator: "\n").joined(separator: " ")
    case .alive: "WATCHDOG=1"
    }
  }
}
