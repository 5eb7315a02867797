import Foundation

/// What a service manager reads.
final class NotifySocket {
  private let descriptor: Int32
  let address: String
  private(set) var everything = ""

  init(isAbstract: Bool) throws {
    let name = "dlr-relay-\(UUID().uuidString)"
    address = isAbstract ? "@\(name)" : NSTemporaryDirectory() + name
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var place = sockaddr_un()
    place.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(address.utf8)
    withUnsafeMutableBytes(of: &place.sun_path) { path in
      path.copyBytes(from: bytes)
      if isAbstract { path[0] = 0 }
    }
    let length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + bytes.count)
    let code = withUnsafePointer(to: &place) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) } }
    guard code == 0 else { throw Program.CannotStart(errno: errno) }
    // Nobody waits for ever for what never comes.
    var time = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit {
    close(descriptor)
    if address.hasPrefix("/") { unlink(address) }
  }

  /// Bytes of the first datagram that nobody has read yet; 0 if there is none.
  var pending: Int {
    var count: Int32 = 0
    _ = ioctl(descriptor, UInt(FIONREAD), &count)
    return Int(count)
  }

  /// The first that is so.
  func next(_ isSo: (String) -> Bool = { _ in true }) throws -> String {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count >= 0 else { throw Program.CannotStart(errno: errno) }
      let text = String(decoding: buffer[..<count], as: UTF8.self)
      everything += text + "\n"
      if isSo(text) { return text }
    }
  }
}
