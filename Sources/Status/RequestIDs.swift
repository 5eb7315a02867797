import Synchronization

/// What requests are called in answers and log lines.
final class RequestIDs: Sendable {
  private static let lengthMax = 64
  /// Tells those of one process from those of another.
  private let prefix = String(UInt32.random(in: .min ... .max), radix: 36)
  private let last = Atomic(0)

  /// - Parameter offered: every x-request-id that came. A proxy's name for the request is kept where it cannot make a mess of a log.
  func id(offered: [String]) -> String {
    if offered.count == 1, Self.isValid(offered[0]) { return offered[0] }
    return "\(prefix)-\(last.add(1, ordering: .relaxed).newValue)"
  }

  static func isValid(_ id: String) -> Bool {
    (1...lengthMax).contains(id.utf8.count)
      && id.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
      }
  }
}
