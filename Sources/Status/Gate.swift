import Crypto
import Foundation
import Model

/// Who may read. With a token, whoever has it; without one, whoever is on this machine, and then no web page that a browser on
/// this machine happens to have open. The read token lets look and change nothing. An app's key opens the paths of orders, wherever
/// the app is.
struct Gate: Sendable {
  enum Verdict: Sendable, Equatable {
    /// nil: to whoever it is.
    case open(Caller?)
    /// Something was offered that opens nothing here.
    case wrong
    /// Nothing was offered.
    case missing
    /// The read token, for what changes something.
    case readOnly
    /// The request was not meant for this door: its Host is no loopback name.
    case misdirected
  }

  /// For supervisors, which have no token. They show no more than a word.
  static let openPaths: Set<String> = ["/livez", "/readyz"]

  private let digest: SHA256Digest?
  private let readDigest: SHA256Digest?
  private let orderKeys: @Sendable () -> OrderKeys

  /// - Precondition: a token, or a loopback address. Rules that say otherwise are an error before it comes to this.
  /// - Parameter orderKeys: as they are at this moment.
  init(_ settings: StatusSettings, orderKeys: @escaping @Sendable () -> OrderKeys) {
    precondition(settings.token != nil || settings.listen.isLoopback, "a door beyond loopback has a token")
    precondition(settings.token?.isEmpty != true && settings.readToken?.isEmpty != true, "an empty token is none")
    precondition(settings.token != nil || settings.readToken == nil, "a read token stands beside a token")
    self.orderKeys = orderKeys
    (digest, readDigest) = (settings.token.map(Self.digest), settings.readToken.map(Self.digest))
  }

  private static func digest(_ secret: Secret) -> SHA256Digest { SHA256.hash(data: Data(secret.reveal().utf8)) }

  /// - Parameter authorization: every Authorization header there was; more than one opens nothing.
  func verdict(path: String, isLooking: Bool, host: String?, authorization: [String]) -> Verdict {
    if Self.openPaths.contains(path) { return .open(nil) }
    let offered = authorization.count == 1 ? Self.credential(authorization[0]).map { SHA256.hash(data: $0) } : nil
    // Digests have one length and their == takes the same time wherever they differ; and all of them are compared before any counts.
    let isToken = digest.map { $0 == offered } ?? false
    let isReadToken = readDigest.map { $0 == offered } ?? false
    let route = offered.flatMap { orderKeys().route(of: $0) }
    let isAboutOrders = Self.isAboutOrders(path)
    if isToken { return .open(.operator) }
    if isReadToken { return isLooking ? .open(.reader) : .readOnly }
    if isAboutOrders, let route { return .open(.app(route: route)) }
    guard digest == nil else { return authorization.isEmpty ? .missing : .wrong }
    // An app that shows a key wants to be let in for it: a wrong one, or one in the wrong place, is not passed over.
    if route != nil || isAboutOrders && !authorization.isEmpty { return .wrong }
    // DNS rebinding: a foreign page's name may resolve to 127.0.0.1, but its browser still sends that name as Host.
    return host.map(Self.isLoopback(host:)) == true ? .open(.operator) : .misdirected
  }

  var hasToken: Bool { digest != nil }

  static func isAboutOrders(_ path: String) -> Bool { path == OrderPaths.path || path.hasPrefix(OrderPaths.path + "/") }

  /// The token of `Bearer TOKEN`, or the password of `Basic base64(anyone:TOKEN)` (RFC 6750, RFC 7617).
  static func credential(_ header: String) -> Data? {
    let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
    guard parts.count == 2 else { return nil }
    let value = parts[1].trimmingPrefix { $0 == " " }
    switch parts[0].lowercased() {
    case "bearer": return Data(value.utf8)
    case "basic":
      guard let pair = Data(base64Encoded: String(value)), let colon = pair.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      return pair[(colon + 1)...]
    default: return nil
    }
  }

  /// True for `localhost`, `127.x.y.z` and `[::1]`, with a port or without. Strict: `127.example.com` is a name like any other.
  static func isLoopback(host: String) -> Bool {
    let name: Substring
    let port: Substring
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
      (name, port) = (host[...end], host[host.index(after: end)...])
    } else {
      let colon = host.firstIndex(of: ":") ?? host.endIndex
      (name, port) = (host[..<colon], host[colon...])
    }
    guard port.isEmpty || (port.hasPrefix(":") && port.dropFirst().allSatisfy { $0.isASCII && $0.isNumber }) else { return false }
    if name.lowercased() == "localhost" || name == "[::1]" { return true }
    let octets = name.split(separator: ".", omittingEmptySubsequences: false)
    return octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
  }
}
