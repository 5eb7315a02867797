import Foundation
import Model

/// Room for open files. Connections beyond it would keep the relay from accepting, sending and showing anything.
enum OpenFiles {
  private static let other = 64
  private static let connectionsMin = 16

  private static func transfers(_ configuration: Configuration) -> Int {
    min(Limits.transfersMax, configuration.routes.reduce(0) { $0 + $1.concurrency }) + configuration.routes.count
  }

  /// With as many connections as the rule file asks for.
  static func needed(_ configuration: Configuration) -> Int { configuration.receive.connectionsMax + transfers(configuration) + other }

  /// Raises the limit as far as it goes.
  /// - Returns: as many connections as there is room for beside everything else; said on stderr if they are fewer than asked for.
  /// - Throws: if they would be too few to serve.
  static func connectionsAllowed(_ configuration: Configuration) throws(Failure) -> Int {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let transfers = transfers(configuration)
    let allowed = Int(clamping: limit.rlim_cur) - transfers - other
    let asked = configuration.receive.connectionsMax
    guard allowed < asked else { return asked }
    let advice = "allow \(asked + transfers + other) open files (ulimit -Hn, LimitNOFILE)"
    guard allowed >= connectionsMin else { throw Failure("too few files may be open to serve: \(advice), or send less at once") }
    complain("receive.connections is \(allowed) instead of \(asked), since no more files may be open; \(advice)")
    return allowed
  }
}
