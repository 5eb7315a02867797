import Foundation

/// A program that was started: what it writes, line by line, and how it ends.
final class Program: Sendable {
  enum Exit: Sendable, Equatable {
    case code(Int32)
    case signal(Int32)
  }

  struct CannotStart: Error { var errno: Int32 }

  /// It ended, and the line that was waited for never came.
  struct EndedEarly: Error, CustomStringConvertible {
    var exit: Exit
    var written: String
    var description: String { "ended with \(exit) after writing:\n\(written)" }
  }

  private struct State: Sendable {
    var output: [UInt8] = []
    /// Of stderr, whole.
    var lines: [String] = []
    var unfinishedLine: [UInt8] = []
    /// From here on the pid may be another program's.
    var isReaped = false
    /// Known when all that it wrote was read.
    var exit: Exit?

    mutating func wrote(_ bytes: [UInt8]) {
      unfinishedLine += bytes
      guard let end = unfinishedLine.lastIndex(of: UInt8(ascii: "\n")) else { return }
      let whole = unfinishedLine[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      lines += whole.map { String(decoding: $0, as: UTF8.self) }
      unfinishedLine.removeSubrange(...end)
    }
  }

  let pid: pid_t
  private let state = Watched(State())

  /// The `dlr-relay` that was built beside these tests.
  static let relay: String = {
    let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(filePath: tests ?? "").deletingLastPathComponent().appending(path: "dlr-relay").path
  }()

  /// Runs a program with exactly this environment, and no descriptor of this process but those that are given.
  /// - Parameter socket: its descriptor 3, as a service manager passes one.
  static func start(
    _ arguments: [String], of path: String = relay, environment: [String: String] = [:], in folder: String = "/", stdin: Int32? = nil,
    socket: Int32? = nil
  ) throws -> Program {
    let (output, error) = (try Pipe.make(), try Pipe.make())
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let stdin {
      posix_spawn_file_actions_adddup2(&actions, stdin, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, output.writing, 1)
    posix_spawn_file_actions_adddup2(&actions, error.writing, 2)
    // To itself, too, it then outlives the exec (glibc, spawni.c), in which closing what is not open is no error either.
    if let socket { posix_spawn_file_actions_adddup2(&actions, socket, 3) }
    for descriptor in (socket == nil ? 3 : 4)..<descriptorsMax() { posix_spawn_file_actions_addclose(&actions, descriptor) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The runner of tests may have changed these, and a child inherits them.
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    // Swift sees no posix_spawn_file_actions_addchdir_np(3).
    let argv = (["env", "-C", folder, path] + arguments).map { strdup($0) } + [nil]
    let envp = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, "/usr/bin/env", &actions, &attributes, argv, envp)
    close(output.writing)
    close(error.writing)
    guard code == 0 else {
      close(output.reading)
      close(error.reading)
      throw CannotStart(errno: code)
    }
    return Program(pid: pid, output: output.reading, error: error.reading)
  }

  private static func descriptorsMax() -> Int32 {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int32(min(limit.rlim_cur, 8_192))
  }

  private init(pid: pid_t, output: Int32, error: Int32) {
    self.pid = pid
    let readers = DispatchGroup()
    let state = state
    drain(output, in: readers) { bytes in state.change { $0.output += bytes } }
    drain(error, in: readers) { bytes in state.change { $0.wrote(bytes) } }
    Thread.detachNewThread {
      var info = siginfo_t()
      while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) == -1 && errno == EINTR {}
      let status = state.change { state in
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        state.isReaped = true
        return status
      }
      readers.wait()
      let signal = status & 0x7f
      let exit = signal == 0 ? Exit.code(status >> 8 & 0xff) : .signal(signal)
      state.change { $0.exit = exit }
    }
  }

  var output: String { state.read { String(decoding: $0.output, as: UTF8.self) } }
  var errorLines: [String] {
    state.read { $0.lines + ($0.unfinishedLine.isEmpty ? [] : [String(decoding: $0.unfinishedLine, as: UTF8.self)]) }
  }
  var errorText: String { errorLines.joined(separator: "\n") }

  /// What is found in all that it has written to stdout, as soon as it is.
  func output<T: Sendable>(_ found: @escaping @Sendable (String) -> T?) async throws -> T {
    let result = try await state.first { state -> Result<T, EndedEarly>? in
      let text = String(decoding: state.output, as: UTF8.self)
      return found(text).map { .success($0) } ?? state.exit.map { .failure(EndedEarly(exit: $0, written: text)) }
    }
    return try result.get()
  }

  /// How many lines it has written to stderr so far.
  var lineCount: Int { state.read { $0.lines.count } }

  /// The first line on stderr, from the `start`-th on, that holds all of the words.
  func line(_ words: String..., from start: Int = 0) async throws -> String {
    let found = try await state.first { state -> Result<String, EndedEarly>? in
      let lines = state.lines.dropFirst(start)
      if let line = lines.first(where: { line in words.allSatisfy(line.contains) }) { return .success(line) }
      return state.exit.map { .failure(EndedEarly(exit: $0, written: state.lines.suffix(20).joined(separator: "\n"))) }
    }
    return try found.get()
  }

  /// When it has written the words to stderr, in a line that need not have ended. Or when it has ended.
  func writes(_ words: String) async throws {
    try await state.first { state in
      let isThere = String(decoding: state.unfinishedLine, as: UTF8.self).contains(words) || state.lines.contains { $0.contains(words) }
      return isThere || state.exit != nil ? () : nil
    }
  }

  /// How it ended, when it has, and everything it wrote has been read.
  func exit() async throws -> Exit { try await state.first { $0.exit } }

  func signal(_ number: Int32) {
    state.read { state in
      if !state.isReaped { kill(pid, number) }
    }
  }
}

private struct Pipe {
  var reading: Int32
  var writing: Int32

  static func make() throws -> Pipe {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Program.CannotStart(errno: errno) }
    return Pipe(reading: ends[0], writing: ends[1])
  }
}

/// Reads until the end on a thread of its own, and closes.
private func drain(_ descriptor: Int32, in group: DispatchGroup, _ took: @escaping @Sendable ([UInt8]) -> Void) {
  group.enter()
  Thread.detachNewThread {
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      took(Array(buffer[..<count]))
    }
    close(descriptor)
    group.leave()
  }
}
