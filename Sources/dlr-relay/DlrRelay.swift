import ArgumentParser

@main
struct DlrRelay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dlr-relay",
    abstract: "One URL for iletiMerkezi's delivery reports, a copy for every app that wants them.",
    version: version,
    subcommands: [
      Simulate.self,
      SinkCommand.self,
    ]
  )
}
