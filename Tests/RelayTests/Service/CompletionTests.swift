import Foundation
import Testing

@Suite(.timeLimit(.minutes(10)))
struct CompletionTests {
  private static func relay(_ arguments: String...) async throws -> String {
    let program = try Program.start(arguments)
    #expect(try await program.exit() == .code(0), "\(program.errorText)")
    return program.output
  }

  /// The commands, and those of commands, as the help lists them.
  private static func commands(of command: [String] = []) async throws -> [[String]] {
    let program = try Program.start(command + ["--help"])
    #expect(try await program.exit() == .code(0))
    guard let list = program.output.firstRange(of: "SUBCOMMANDS:\n") else { return [] }
    let names = program.output[list.upperBound...].matches(of: /^  ([a-z-]+)/.anchorsMatchLineEndings()).map { String($0.1) }
    var found: [[String]] = []
    for name in names { found += [command + [name]] + (try await commands(of: command + [name])) }
    return found
  }

  @Test(arguments: [("bash", "/bin/bash", "-n"), ("zsh", "/usr/bin/zsh", "-n"), ("fish", "/usr/bin/fish", "--no-execute")])
  func `a shell reads what is made for it, with every command`(_ shell: String, _ path: String, _ onlyRead: String) async throws {
    let script = try await Self.relay("--generate-completion-script", shell)
    let commands = try await Self.commands()
    #expect(commands.contains(["queue", "discard"]) && commands.contains(["doctor"]))
    for command in commands { #expect(script.contains(command.last!), "\(command)") }
    guard FileManager.default.isExecutableFile(atPath: path) else { return print("\(shell) is not installed: not read by it") }
    let file = NSTemporaryDirectory() + "completion-\(UUID().uuidString)"
    try script.write(toFile: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let read = try Program.start([onlyRead, file], of: path)
    #expect(try await read.exit() == .code(0))
    #expect(read.errorText == "")
  }

  @Test func `bash completes commands, options and rule files`() async throws {
    let script = try await Self.relay("--generate-completion-script", "bash")
    let folder = NSTemporaryDirectory() + "completion-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try script.write(toFile: folder + "/completion.bash", atomically: true, encoding: .utf8)
    try "".write(toFile: folder + "/routes.yaml", atomically: true, encoding: .utf8)
    func completions(of words: String...) async throws -> [String] {
      let asked = """
        . ./completion.bash
        COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " "))); COMP_CWORD=\(words.count - 1); COMP_LINE="${COMP_WORDS[*]}"
        COMP_POINT=${#COMP_LINE}; cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; COMP_TYPE=9
        _dlr_relay dlr-relay "$cur" "$prev" 2>/dev/null || _dlr-relay dlr-relay "$cur" "$prev"
        printf '%s\\n' "${COMPREPLY[@]}"
        """
      let relay = (Program.relay as NSString).deletingLastPathComponent
      let bash = try Program.start(["-c", asked], of: "/bin/bash", environment: ["PATH": "\(relay):/usr/bin:/bin"], in: folder)
      _ = try await bash.exit()
      return bash.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    #expect(try await completions(of: "dlr-relay", "doc") == ["doctor"])
    #expect(try await completions(of: "dlr-relay", "queue", "dis") == ["discard"])
    #expect(try await completions(of: "dlr-relay", "serve", "--conf") == ["--config"])
    #expect(try await completions(of: "dlr-relay", "serve", "--config", "rou") == ["routes.yaml"])
  }
}
