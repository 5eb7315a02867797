import ArgumentParser
import Model

struct PanelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "panel",
    abstract: "What to paste into the provider's panel: the public URL with its token.",
    discussion: """
      For a terminal and no log, since it shows a token. While one token takes the place of another, --token says which, by its label:

        dlr-relay panel --token 2026-12
      """)

  @Option(help: "The rule file.")
  var config = RuleFilePath()

  @Option(help: "The label of the token; of one without a label its place in the list. Left out: the first.")
  var token: String?

  func run() throws {
    let configuration = try ConfigurationFile(reading: config.path).configuration(warnings: false)
    print(Introduction(config.path, configuration, token: try chosen(of: configuration.receive.tokens)).panel)
  }

  private func chosen(of tokens: [Token]) throws -> Token {
    guard let token else { return tokens[0] }
    guard let chosen = tokens.first(where: { $0.label == token }) else {
      throw Failure("\(config) has no token called \(token); there are: \(tokens.map(\.label).joined(separator: ", "))")
    }
    return chosen
  }
}
