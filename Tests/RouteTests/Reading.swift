import Route

extension Variables {
  /// T is a good token, S a good secret, EMPTY is empty; /run/secrets/x holds a token and ends with a line break.
  static let forTests = Variables(
    environment: { ["T": "q7Zt0vKx93LmWc5R", "EMPTY": "", "S": "whsec_" + String(repeating: "A", count: 44)][$0] },
    contents: { path in
      guard path == "/run/secrets/x" else { throw NoSuchFile() }
      return "from a file, with a line break\r\n"
    })
}

struct NoSuchFile: Error {}

func read(_ yaml: String, readableByOthers: Bool = true) -> RuleFile.Reading {
  RuleFile.read(Array(yaml.utf8), named: "routes.yaml", variables: .forTests, readableByOthers: readableByOthers)
}
