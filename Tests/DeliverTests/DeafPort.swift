import Foundation

/// A port of this machine on which nobody listens as long as this is open, and nobody else can: connecting is refused.
struct DeafPort: ~Copyable {
  private let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// As the system knows it.
  var number: Int {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    precondition(result == 0 && address.sin_family == sa_family_t(AF_INET), "it is bound to an address of IPv4")
    return Int(UInt16(bigEndian: address.sin_port))
  }

  /// - Parameter port: 0 lets the system choose.
  /// - Returns: nil if somebody has it.
  static func take(_ port: Int, of host: String) -> DeafPort? {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let address = found?.pointee else { return nil }
    defer { freeaddrinfo(found) }
    let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
    // Bound and never listening. Whoever lets the system choose a port is not given this one.
    guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 else {
      close(descriptor)
      return nil
    }
    return DeafPort(descriptor)
  }

  deinit { close(descriptor) }
}
