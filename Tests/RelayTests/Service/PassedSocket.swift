import Foundation
import Testing

/// A listening socket that outlives the relays it is passed to.
final class PassedSocket {
  /// One that was opened, with its whole request sent: as far as its client knows, somebody is there.
  final class Connection: Sendable {
    private let descriptor: Int32
    init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    /// All that comes until the other side ends.
    func answer() async throws -> String {
      try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { [self] in
          var (answer, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4_096))
          while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 { return continuation.resume(throwing: Program.CannotStart(errno: errno)) }
            if count == 0 { return continuation.resume(returning: String(decoding: answer, as: UTF8.self)) }
            answer += buffer[..<count]
          }
        }
      }
    }
  }

  let descriptor: Int32
  let port: Int

  init() throws {
    let descriptor = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    self.descriptor = descriptor
    var (address, length) = (Self.address(port: 0), socklen_t(MemoryLayout<sockaddr_in>.size))
    let isBound = Self.withBytes(of: &address) { bind(descriptor, $0, length) == 0 }
    guard isBound, listen(descriptor, 1_024) == 0, Self.withBytes(of: &address, { getsockname(descriptor, $0, &length) }) == 0 else {
      throw Program.CannotStart(errno: errno)
    }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit { close(descriptor) }

  func post(_ body: some Sequence<UInt8>, to webhook: String) throws -> Connection {
    let client = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = Self.address(port: port)
    guard Self.withBytes(of: &address, { connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }) == 0 else {
      throw Program.CannotStart(errno: errno)
    }
    let (url, body) = (try #require(URLComponents(string: webhook)), Array(body))
    let head = """
      POST \(url.path)?\(url.query ?? "") HTTP/1.1\r
      Host: \(url.host ?? "")\r
      Content-Type: application/json\r
      Content-Length: \(body.count)\r
      Connection: close\r
      \r

      """
    let request = Array(head.utf8) + body
    guard send(client, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { throw Program.CannotStart(errno: errno) }
    var time = timeval(tv_sec: 120, tv_usec: 0)
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    return Connection(client)
  }

  private static func address(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }

  private static func withBytes<T>(of address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> T) -> T {
    withUnsafeMutablePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
  }
}
