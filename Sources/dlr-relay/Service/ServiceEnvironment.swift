import Foundation
import Model

/// What a service manager says in the environment. Taken out of it, so that no program that the relay might start takes it for its own.
struct ServiceEnvironment: Equatable {
  /// `$NOTIFY_SOCKET`
  var notifySocket: String?
  /// The relay is ended when it has not said for so long that it is alive; nil if nobody watches.
  var watchdog: Duration?
  var passed = PassedSockets.none

  private static let names = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"]

  /// To be called once, before there are threads.
  static func take() -> ServiceEnvironment {
    let variables = Dictionary(
      uniqueKeysWithValues: names.compactMap { name in getenv(name).map { (name, String(cString: $0)) } })
    for name in names { unsetenv(name) }
    return ServiceEnvironment(variables, process: getpid())
  }

  /// - Parameter process: what is meant for another one is not for this one (sd_watchdog_enabled(3), sd_listen_fds(3)).
  init(_ variables: [String: String], process: Int32) {
    func isMeant(_ name: String) -> Bool? { variables[name].map { $0 == "\(process)" } }
    notifySocket = variables["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    if isMeant("WATCHDOG_PID") ?? true, let time = variables["WATCHDOG_USEC"].flatMap(Int64.init), time > 0 {
      watchdog = .microseconds(time)
    }
    // Without a process's number nobody was meant: the variables may have come down from a parent.
    guard isMeant("LISTEN_PID") == true, let count = variables["LISTEN_FDS"].flatMap(Int32.init), count > 0 else { return }
    let names = variables["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false).map(String.init) ?? []
    passed = PassedSockets(count: count, names: names)
  }
}
