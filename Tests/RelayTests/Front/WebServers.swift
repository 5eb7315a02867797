import Foundation
import Support

/// The web servers that stand before the relay (Debian's), which Tests/run.sh puts below .build, and the programs that ask them.
enum WebServers {
  static let repository = Promtool.repository
  static let caddy = repository + "/.build/web-servers/usr/bin/caddy"
  static let nginx = repository + "/.build/web-servers/usr/sbin/nginx"
  static let curl = "/usr/bin/curl"
  static let openssl = "/usr/bin/openssl"

  static let areThere = [caddy, nginx, curl, openssl].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
  static let absence = "caddy, nginx, curl or openssl is not there; Tests/run.sh gets them where there is a network"

  /// The file of deploy/ that people use.
  static func deployed(_ name: String) throws -> String { try String(contentsOfFile: "\(repository)/deploy/\(name)", encoding: .utf8) }
}

/// Runs a program to its end.
/// - Throws: what it wrote, if it fails.
@discardableResult
func run(_ program: String, _ arguments: [String], environment: [String: String] = [:], in folder: String = "/") async throws -> Program {
  let program = try Program.start(arguments, of: program, environment: environment, in: folder)
  let exit = try await program.exit()
  guard exit == .code(0) else { throw Program.EndedEarly(exit: exit, written: program.output + program.errorText) }
  return program
}

/// A file of deploy/ with some of its words changed for the test.
struct Edited {
  struct NotThere: Error { var words: String }

  private(set) var text: String
  init(_ text: String) { self.text = text }

  /// - Throws: if the words are not in the text, so that nothing is tested that people do not use.
  mutating func replace(_ words: String, by others: String) throws {
    guard text.contains(words) else { throw NotThere(words: words) }
    text = text.replacing(words, with: others)
  }
}
