import Foundation

/// A port of 127.0.0.1 whose queue of connections is full, so that the system ignores who comes next: connecting takes for ever.
struct FullListener {
  struct Failure: Error { var number: Int32 }

  let port: Int
  private let sockets: [Int32]

  init() throws {
    let listener = Self.socket()
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, size) == 0 && listen(listener, 0) == 0 && getsockname(listener, pointer, &size) == 0
      }
    }
    guard isListening else { throw Failure(number: errno) }
    port = Int(UInt16(bigEndian: address.sin_port))
    // A queue of 0 takes one, and more than a few on no system.
    let waiting = (0..<8).map { _ in
      let client = Self.socket()
      _ = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(client, $0, size) }
      }
      return client
    }
    sockets = [listener] + waiting
  }

  func close() { for socket in sockets { Foundation.close(socket) } }

  private static func socket() -> Int32 {
    Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  }
}
