import Foundation
import Model

/// Where `${credential:NAME}` is found: among what systemd loaded for the service, or beside the rule file for a command that a person runs.
struct Credentials: Sendable {
  /// Under which the unit loads a folder of them: `LoadCredential=credential:/etc/dlr-relay/credentials` makes each file in it
  /// `credential_NAME` (systemd.exec(5)).
  private static let loadedAs = "credential_"
  private static let folderBesideRules = "credentials"

  /// `$CREDENTIALS_DIRECTORY`, if systemd started this.
  private let loaded: String?
  private let besideRules: String

  init(ofRuleFile path: String, loaded: String? = getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }) {
    self.loaded = loaded
    besideRules = URL(filePath: path).deletingLastPathComponent().appending(path: Self.folderBesideRules).path
  }

  /// Where one is for a command that a person runs, and for a relay that no systemd started.
  /// - Parameter makingFolder: for its owner alone, if there is none.
  static func pathBesideRules(_ rules: String, makingFolder: Bool = false, _ name: String) -> String {
    let folder = URL(filePath: rules).deletingLastPathComponent().appending(path: folderBesideRules).path
    if makingFolder { mkdir(folder, 0o700) }
    return "\(folder)/\(name)"
  }

  /// In which order a credential is looked for.
  func paths(of name: String) -> [String] {
    guard let loaded else { return ["\(besideRules)/\(name)"] }
    return ["\(loaded)/\(name)", "\(loaded)/\(Self.loadedAs)\(name)"]
  }

  /// - Parameter read: is asked for every path that there might be, so that one that comes later is noticed.
  /// - Throws: what it throws for the last of them.
  func text(of name: String, _ read: (String) throws -> String) throws -> String {
    let paths = paths(of: name)
    for path in paths.dropLast() {
      if let text = try? read(path) { return text }
    }
    return try read(paths.last!)
  }

  func hint(_ name: String) -> String {
    guard loaded != nil else {
      return "write it into \(besideRules)/\(name); only who may read that, mostly root, can ask about this file"
    }
    return "write it into /etc/dlr-relay/credentials/\(name), or set LoadCredential=\(name):/path in the unit, and restart the relay"
  }
}
