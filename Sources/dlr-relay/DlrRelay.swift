import ArgumentParser
import Glibc

struct DlrRelay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dlr-relay",
    abstract: "One URL for iletiMerkezi's delivery reports, a copy for every app that wants them.",
    version: build,
    subcommands: [
      Serve.self,
      Ready.self,
      Init.self,
      PanelCommand.self,
      Check.self,
      Schema.self,
      Explain.self,
      BacktestCommand.self,
      QueueCommand.self,
      OrdersCommand.self,
      UnmatchedCommand.self,
      RerouteCommand.self,
      QuarantineCommand.self,
      LogCommand.self,
      BackupCommand.self,
      RestoreCommand.self,
      DoctorCommand.self,
      Simulate.self,
      SinkCommand.self,
    ]
  )
}

/// Exit codes: 0 fine, 1 the work failed, 2 wrong usage.
@main
enum Main {
  static func main() async {
    do {
      var command = try DlrRelay.parseAsRoot()
      if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    } catch let failure as Failure {
      complain(failure.description)
      exit(1)
    } catch  where DlrRelay.exitCode(for: error) == .validationFailure {
      complain(DlrRelay.fullMessage(for: error))
      exit(2)
    } catch {
      // Help and --version come here too: the library prints them and exits with 0.
      DlrRelay.exit(withError: error)
    }
  }
}

/// The work failed. One line that says what to do.
struct Failure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
