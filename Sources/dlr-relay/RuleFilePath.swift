import ArgumentParser
import Glibc

/// The rule file of a command: what `--config` says, or else the one in the present folder, or else the package's.
struct RuleFilePath: ExpressibleByArgument, CustomStringConvertible {
  static let here = "routes.yaml"
  static let ofPackage = "/etc/dlr-relay/routes.yaml"

  let path: String

  init(here: String = here, ofPackage: String = ofPackage) {
    path = !Self.isThere(here) && Self.isThere(ofPackage) ? ofPackage : here
  }

  init(argument: String) { path = argument }

  var description: String { path }
  /// The same on every machine.
  var defaultValueDescription: String { "\(Self.here), or else \(Self.ofPackage)" }

  /// One that may not be looked at is there, and the reason is told to who opens it.
  private static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 || errno == EACCES }
}
