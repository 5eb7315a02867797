import Foundation
import Support
import Testing

/// A terminal at which nobody sits: what the test types is what a program reads there.
final class Terminal: Sendable {
  private let keyboard: Int32
  /// The program's end.
  let end: Int32

  init() throws {
    // As posix_openpt(3), grantpt(3) and unlockpt(3) do it, which Swift does not see: ioctl_tty(2).
    keyboard = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (number, isLocked): (Int32, Int32) = (0, 0)
    guard keyboard >= 0, ioctl(keyboard, 0x4004_5431, &isLocked) == 0, ioctl(keyboard, 0x8004_5430, &number) == 0 else {
      throw Program.CannotStart(errno: errno)
    }
    end = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard end >= 0 else { throw Program.CannotStart(errno: errno) }
  }

  deinit {
    close(end)
    close(keyboard)
  }

  func type(_ text: String) { _ = text.withCString { write(keyboard, $0, strlen($0)) } }
}

private let nobody = try! ReservedPort()

struct Ran {
  var exit: Program.Exit
  var output: String
  var errors: [String]

  func json() throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any], "\(output) \(errors)")
  }
}

extension RelayProcess {
  /// `dlr-relay queue`, as of `command`.
  func queue(_ arguments: String..., door: String? = nil, file: String? = nil) async throws -> Ran {
    try await queue(arguments, door: door, file: file)
  }

  func queue(_ arguments: [String], door: String? = nil, file: String? = nil) async throws -> Ran {
    try await command(["queue"] + arguments, door: door, file: file)
  }

  func orders(_ arguments: String...) async throws -> Ran { try await command(["orders"] + arguments) }

  /// Runs a command with the rules of the relay and the address of its door, which the system chose; of a stopped one, with an address
  /// where nobody listens.
  /// - Parameter file: rules instead of the relay's own.
  func command(_ arguments: String..., door: String? = nil) async throws -> Ran { try await command(arguments, door: door) }

  func command(_ arguments: [String], door: String? = nil, file: String? = nil) async throws -> Ran {
    let program = try startCommand(arguments, door: door, file: file)
    let exit = try await program.exit()
    return Ran(exit: exit, output: program.output, errors: program.errorLines)
  }

  func startCommand(_ arguments: [String], door: String? = nil, file: String? = nil, stdin: Int32? = nil) throws -> Program {
    let text = try file ?? String(contentsOfFile: folder + "/routes.yaml", encoding: .utf8)
    let door = door ?? (statusDoor.isEmpty ? "127.0.0.1:\(nobody.port)" : statusDoor)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix("status:") ? line.replacing("127.0.0.1:0", with: door) : line
    }
    let path = folder + "/command.yaml"
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    return try Program.start(
      arguments + ["--config", "command.yaml"], environment: ["WEBHOOK_TOKEN": Self.token], in: folder, stdin: stdin)
  }
}
