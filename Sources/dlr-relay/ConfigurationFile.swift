import ArgumentParser
import Crypto
import Foundation
import Model
import Route

/// A rule file that was read from disk without an error.
struct ConfigurationFile: Sendable {
  var path: String
  var configuration: Configuration
  /// The first 12 hexadecimal digits of the file's SHA-256: tells one file from another.
  var fingerprint: String
}

/// Reads the rule file with the real environment; what is wrong with it goes to stderr, warnings too.
/// - Throws: exit code 2 if there is no such file to read, 1 if there is an error in it.
func loadConfiguration(_ path: String) throws -> ConfigurationFile {
  let (bytes, reading) = try readRuleFile(path)
  for diagnostic in reading.diagnostics { complain("\(diagnostic)") }
  guard let configuration = reading.configuration else { throw ExitCode(1) }
  let digest = SHA256.hash(data: bytes).prefix(6).map { byte in
    String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
  }
  return ConfigurationFile(path: path, configuration: configuration, fingerprint: digest.joined())
}

/// - Throws: exit code 2, after a line that says why, if the file cannot be read at all.
func readRuleFile(_ path: String) throws -> (bytes: [UInt8], RuleFile.Reading) {
  guard let data = FileManager.default.contents(atPath: path) else {
    let isThere = FileManager.default.fileExists(atPath: path)
    complain(
      isThere
        ? "\(path) cannot be read; check its permissions"
        : "there is no \(path); write one with 'dlr-relay init', or name another with --config")
    throw ExitCode(2)
  }
  let mode = (try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int) ?? nil
  let variables = Variables(
    environment: { ProcessInfo.processInfo.environment[$0] },
    contents: { try String(contentsOfFile: $0, encoding: .utf8) })
  let bytes = [UInt8](data)
  let name = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
  return (bytes, RuleFile.read(bytes, named: name, variables: variables, readableByOthers: (mode ?? 0o644) & 0o077 != 0))
}
