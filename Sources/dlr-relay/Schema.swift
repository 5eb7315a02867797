import ArgumentParser
import Route

struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print a JSON Schema of the rule file, by which an editor completes and underlines.",
    discussion: """
      dlr-relay schema > routes.schema.json, and as the first line of routes.yaml:
      # yaml-language-server: $schema=./routes.schema.json
      """)

  func run() { print(RuleSchema.text) }
}
