import ArgumentParser
import Crypto
import Glibc
import Model
import Route
import Synchronization

/// The rule file on disk, read with the real environment.
struct ConfigurationFile {
  /// A secret in a file of its own, `${file:...}`, is never longer.
  private static let referencedBytesMax = 64 * 1024

  let path: String
  let reading: RuleFile.Reading
  /// The first 12 hexadecimal digits of the file's SHA-256: tells one file from another.
  let fingerprint: String
  /// How it, and each file that it refers to, looked before it was read.
  let looks: [String: FileLook?]

  /// - Throws: `ExitCode(2)` after a line on standard error if the file cannot be read. What is wrong inside of it is in `reading`.
  /// - Parameter isInForce: false for one that is to be tried, of which there is no use in a new one.
  init(reading path: String, isInForce: Bool = true) throws {
    do {
      try self.init(contentsOf: path)
    } catch {
      let hint =
        isInForce && error.code == ENOENT ? "; say with --config where it is, or write one with: dlr-relay init --config \(path)" : ""
      complain("\(path) cannot be read: \(error)\(hint)")
      throw ExitCode(2)
    }
  }

  /// - Throws: if the file cannot be read. What is wrong inside of it is in `reading`.
  init(contentsOf path: String) throws(SystemError) {
    let looks = Mutex<[String: FileLook?]>([path: FileLook(at: path)])
    let contents: @Sendable (String) throws -> String = { path in
      looks.withLock { $0[path] = FileLook(at: path) }
      return try Self.variables.contents(path)
    }
    var variables = Variables(environment: Self.variables.environment, contents: contents)
    let credentials = Credentials(ofRuleFile: path)
    variables.credential = { try credentials.text(of: $0, contents) }
    variables.credentialHint = credentials.hint
    let (bytes, isReadableByOthers) = try Self.contents(of: path, bytesMax: RuleFile.bytesMax)
    self.path = path
    fingerprint = SHA256.hash(data: bytes).prefix(6).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    reading = RuleFile.read(bytes, named: path, variables: variables, readableByOthers: isReadableByOthers)
    self.looks = looks.withLock { $0 }
  }

  /// - Throws: `ExitCode(1)` after every diagnostic was printed on standard error, if there is an error among them.
  func configuration(warnings: Bool) throws -> Configuration {
    let shown = reading.configuration == nil || warnings ? reading.diagnostics : []
    for diagnostic in shown { complain(diagnostic.description) }
    guard let configuration = reading.configuration else {
      complain("\(path): \(counted); mend the file and try again")
      throw ExitCode(1)
    }
    return configuration
  }

  /// "2 errors, 1 warning".
  var counted: String {
    func count(_ severity: Diagnostic.Severity) -> String? {
      let n = reading.diagnostics.count { $0.severity == severity }
      return n == 0 ? nil : "\(n) \(severity.rawValue)\(n == 1 ? "" : "s")"
    }
    return [count(.error), count(.warning)].compactMap { $0 }.joined(separator: ", ")
  }

  static let variables = Variables(
    environment: { name in getenv(name).map { String(cString: $0) } },
    contents: { path in
      let (bytes, _) = try contents(of: path, bytesMax: referencedBytesMax)
      guard bytes.count <= referencedBytesMax, let text = String(validating: bytes, as: UTF8.self) else { throw SystemError(EINVAL) }
      return text
    })

  /// - Returns: at most one byte more than `bytesMax`, and whether everybody may read the file. Its group is there to share it with, as with the user of a service.
  private static func contents(of path: String, bytesMax: Int) throws(SystemError) -> (bytes: [UInt8], isReadableByOthers: Bool) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError(errno) }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw SystemError(errno) }
    return (try readAll(descriptor, bytesMax: bytesMax), information.st_mode & 0o004 != 0)
  }
}

/// - Returns: what comes before the end, but at most one byte more than `bytesMax`.
func readAll(_ descriptor: Int32, bytesMax: Int) throws(SystemError) -> [UInt8] {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 64 * 1024)
  while bytes.count <= bytesMax {
    let count = read(descriptor, &buffer, min(buffer.count, bytesMax + 1 - bytes.count))
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw SystemError(errno) }
    if count == 0 { break }
    bytes += buffer[..<count]
  }
  return bytes
}

/// An error number of the system, and its words.
struct SystemError: Error, CustomStringConvertible {
  let code: Int32
  init(_ code: Int32) { self.code = code }
  var description: String { String(cString: strerror(code)) }
}

/// A line on standard error.
func complain(_ line: String) {
  var bytes = Array((line + "\n").utf8)[...]
  while !bytes.isEmpty {
    let written = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    if written < 0, errno == EINTR { continue }
    // Nobody is left to be told.
    guard written > 0 else { return }
    bytes = bytes.dropFirst(written)
  }
}
