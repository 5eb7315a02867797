import Foundation

@testable import Route

/// A public validator of JSON Schema (PyPI, `jsonschema`), run by a Python of its own.
enum JSONSchema {
  private struct Failed: Error { var words: String }

  private struct Question: Encodable {
    var schema: String
    var instances: [String]
  }

  /// By this very name, which links to the system's own: from it Python knows where its libraries are.
  private static let python =
    #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/.build/jsonschema/bin/python"

  private static let script = """
    import json, sys
    from jsonschema import Draft7Validator

    asked = json.load(sys.stdin)
    schema = json.loads(asked["schema"])
    Draft7Validator.check_schema(schema)
    validator = Draft7Validator(schema)
    def verdict(instance):
        error = next(validator.iter_errors(json.loads(instance)), None)
        return None if error is None else f"{error.json_path}: {error.message[:200]}"
    json.dump([verdict(instance) or "" for instance in asked["instances"]], sys.stdout)
    """

  static let isInstalled = FileManager.default.isExecutableFile(atPath: python)

  /// - Returns: what is wrong with each instance; nil if nothing is.
  static func faults(of instances: [String], by schema: String) throws -> [String?] {
    let (process, input, output, errors) = (Process(), Pipe(), Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, "-c", script]
    (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(Question(schema: schema, instances: instances)))
    try input.fileHandleForWriting.close()
    let answer = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failed(words: String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
    }
    return try JSONDecoder().decode([String].self, from: answer).map { $0.isEmpty ? nil : $0 }
  }
}

extension Document {
  /// nil for a text that is no YAML, or YAML that is refused as such.
  init?(yaml: String) {
    let bytes = Array(yaml.utf8)
    guard let document = try? Document(parsing: bytes, SourceText(bytes)) else { return nil }
    self = document
  }

  /// As an editor sees it, with YAML 1.2's types and every alias and merge key replaced by what it stands for.
  var json: String { json(Self.root).text }

  private func json(_ id: Int) -> JSON {
    switch self[id].content {
    case .scalar(let text, let isPlain): isPlain ? plain(text) : .text(text)
    case .sequence(let items): .list(items.map { json($0) })
    case .mapping(let pairs):
      .object(members(of: pairs).map { (name: $0.name, value: json($0.value)) })
    }
  }

  private func members(of pairs: [Pair]) -> [(name: String, value: Int)] {
    var members: [(name: String, value: Int)] = []
    var merged: [Int] = []
    for pair in pairs {
      guard case .scalar(let name, let isPlain) = self[pair.key].content else { continue }
      if name == "<<", isPlain { merged.append(pair.value) } else { members.append((name, pair.value)) }
    }
    while !merged.isEmpty {
      switch self[merged.removeFirst()].content {
      case .mapping(let pairs): members += self.members(of: pairs).filter { new in !members.contains { $0.name == new.name } }
      case .sequence(let items): merged = items + merged
      case .scalar: break
      }
    }
    return members
  }

  /// The core schema of YAML 1.2, section 10.3.2.
  private func plain(_ text: String) -> JSON {
    if ["", "~", "null", "Null", "NULL"].contains(text) { return .raw("null") }
    if ["true", "True", "TRUE", "false", "False", "FALSE"].contains(text) { return .boolean(text.lowercased() == "true") }
    if text.wholeMatch(of: /[-+]?[0-9]+/) != nil {
      let digits = text.drop { $0 == "+" || $0 == "-" }.drop { $0 == "0" }
      return .raw((text.hasPrefix("-") ? "-" : "") + (digits.isEmpty ? "0" : digits))
    }
    let isFloat = text.wholeMatch(of: /[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?/) != nil
    return isFloat ? Double(text).map { .number($0) } ?? .text(text) : .text(text)
  }
}
