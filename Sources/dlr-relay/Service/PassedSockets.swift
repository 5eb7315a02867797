import Foundation
import Model

/// Sockets that are open already when the relay starts (sd_listen_fds(3)): whoever holds them keeps them open over a restart, and
/// connections wait in the kernel's queue meanwhile.
struct PassedSockets: Equatable {
  /// What `FileDescriptorName=` in the socket unit calls the one of the public door.
  static let publicName = "public"
  /// SD_LISTEN_FDS_START
  private static let first: Int32 = 3
  static let none = PassedSockets(count: 0, names: [])

  var count: Int32
  /// In their order; fewer than `count`, or none, if they have no names.
  var names: [String]

  /// The descriptor of the public door: the one of that name, or the only one there is.
  /// - Returns: nil if none was passed.
  /// - Throws: if some were and none of them is it.
  var publicDoor: Int32? {
    get throws(Failure) {
      guard count > 0 else { return nil }
      if let index = names.prefix(Int(count)).firstIndex(of: Self.publicName) { return Self.first + Int32(index) }
      guard count == 1 else {
        throw Failure(
          "\(count) sockets were passed to the relay, and none is named \"\(Self.publicName)\"; "
            + "set FileDescriptorName=\(Self.publicName) in the socket unit")
      }
      return Self.first
    }
  }

  /// Takes the public door's socket over, and closes what nobody asked for.
  /// - Returns: a listening TCP socket; nil if none was passed.
  func take() throws(Failure) -> Int32? {
    let descriptor = try publicDoor
    for other in Self.first..<(Self.first + max(0, count)) where other != descriptor { close(other) }
    guard let descriptor else { return nil }
    // It was inherited, so it would be inherited again.
    guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0, Self.option(SO_ACCEPTCONN, of: descriptor) == 1,
      [AF_INET, AF_INET6].contains(Self.option(SO_DOMAIN, of: descriptor))
    else {
      throw Failure(
        "what was passed to the relay by $LISTEN_FDS is no listening TCP socket; "
          + "use ListenStream= with an address and port in the socket unit")
    }
    return descriptor
  }

  private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
  }
}
