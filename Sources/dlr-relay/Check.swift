import ArgumentParser
import FoundationEssentials
import Model
import Route

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say everything that is wrong with a rule file.",
    discussion: "Exit code 0 if the relay would start with it, 1 if there is an error, 2 if the file cannot be read.")

  @Option(help: "The rule file.", completion: .ruleFile)
  var config = RuleFilePath()
  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let file = try ConfigurationFile(reading: config.path)
    if json {
      print(try Self.json(file))
    } else {
      for diagnostic in file.reading.diagnostics { print(diagnostic) }
      if let configuration = file.reading.configuration { print(Self.summary(file, configuration)) }
    }
    guard file.reading.configuration == nil else { return }
    complain("\(config): \(file.counted); the relay does not start with this file")
    throw ExitCode(1)
  }

  private static func summary(_ file: ConfigurationFile, _ configuration: Configuration) -> String {
    let (count, receive) = (configuration.routes.count, configuration.receive)
    let warnings = file.reading.diagnostics.isEmpty ? "" : " (\(file.counted))"
    return "\(file.path): \(count) route\(count == 1 ? "" : "s"), reports on \(receive.listen)\(receive.path), "
      + "status on \(configuration.status.listen)\(warnings)"
  }

  private struct Verdict: Encodable {
    struct Entry: Encodable {
      var file: String
      var line: Int
      var column: Int
      var severity: String
      var message: String
      var hint: String?
      var route: String?
    }

    var file: String
    var fingerprint: String
    var valid: Bool
    var routes: [String]?
    var listen: String?
    var status: String?
    var diagnostics: [Entry]
  }

  private static func json(_ file: ConfigurationFile) throws -> String {
    let configuration = file.reading.configuration
    let entries = file.reading.diagnostics.map {
      Verdict.Entry(
        file: $0.file, line: $0.line, column: $0.column, severity: $0.severity.rawValue, message: $0.message, hint: $0.hint,
        route: $0.route)
    }
    return try jsonText(
      Verdict(
        file: file.path, fingerprint: file.fingerprint, valid: configuration != nil, routes: configuration?.routes.map(\.name),
        listen: configuration.map { $0.receive.listen.description }, status: configuration.map { $0.status.listen.description },
        diagnostics: entries))
  }
}

/// For scripts and for reading: keys in order and in snake case, a line each.
func jsonText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
