import ArgumentParser
import Foundation
import Model
import Receive
import Status
import Store

/// `dlr-relay doctor`
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Look at everything that the relay depends on, and say what to do.",
    discussion: """
      The rule file, tokens, who may read the files, the store and its disk, the clock, every route, hook and the public URL. Beside a relay that \
      runs, or without one. Nothing is changed, no report is sent: to apps and hooks a connection is made, with TLS where the address says so, \
      and closed. Only the relay's own doors are asked, with GET and the token.

      ok: fine; note: worth knowing; warning: works, and may not for long; error: does not work. Exit code 1 if there is an error.
      """)

  @Flag(help: "Read all of the store, with its indexes, however long it takes. Beside a relay that runs its WAL grows meanwhile.")
  var thorough = false
  @OptionGroup var options: QueueOptions

  func run() async throws {
    let file = try ConfigurationFile(reading: options.config.path)
    let diagnosis = Diagnosis(findings: await findings(file))
    print(options.json ? try jsonText(diagnosis) : diagnosis.text(hasColour: isatty(STDOUT_FILENO) == 1))
    if diagnosis.hasErrors { throw ExitCode(1) }
  }

  private func findings(_ file: ConfigurationFile) async -> [Finding] {
    let diagnostics = file.reading.diagnostics
    let checked = DoctorRules.configuration(
      options.config.path, errors: diagnostics.count { $0.severity == .error }, warnings: diagnostics.count { $0.severity == .warning },
      routes: file.reading.configuration?.routes.count ?? 0)
    guard let configuration = file.reading.configuration else { return [checked] }
    let relay = await RelayLook.at(configuration)
    let network = await offPool { NetworkLook.at(configuration) }
    let local = await offPool { [thorough] in Self.local(configuration, file, relay, network, isThorough: thorough) }
    return [checked] + local + network.findings(isRunning: relay.isRunning)
  }

  /// What is on this machine.
  private static func local(
    _ configuration: Configuration, _ file: ConfigurationFile, _ relay: Facts.Relay, _ network: NetworkLook, isThorough: Bool
  ) -> [Finding] {
    let path = configuration.store.path
    let folder = (path as NSString).deletingLastPathComponent
    let store = Facts.Store.look(at: path, isRunning: relay.isRunning, isThorough: isThorough)
    var lastReportAt: Instant?
    switch store.reading {
    case .read(let found), .partly(let found, _): lastReportAt = found.lastReportAt
    case .missing, .unreadable: break
    }
    let place = FileManager.default.fileExists(atPath: path) ? path : folder.isEmpty ? "." : folder
    var findings = DoctorRules.tokens(namedTokens(configuration))
    findings.append(DoctorRules.statusDoor(configuration.status))
    findings += DoctorRules.files(secretFiles(configuration, file))
    findings += DoctorRules.relay(
      relay, status: configuration.status.listen, version: version, fingerprint: file.fingerprint, restart: "restart the relay")
    findings.append(DoctorRules.store(store, isRunning: relay.isRunning))
    findings.append(DoctorRules.disk(diskSpace(at: place)))
    findings.append(DoctorRules.syncing(.measure(in: folder.isEmpty ? "." : folder), folder: folder.isEmpty ? "." : folder))
    findings.append(DoctorRules.openFiles(openFilesMax(relay), needed: OpenFiles.needed(configuration)))
    findings += DoctorRules.clock(
      Facts.Clock(
        isSynchronised: Facts.Clock.isKernelSynchronised, now: systemClock(), lastReportAt: lastReportAt, otherClock: network.clock))
    return findings
  }

  private static func openFilesMax(_ relay: Facts.Relay) -> Int? {
    if case .running(let running) = relay { return running.openFilesMax }
    return OpenFiles.limitHere
  }

  private static func namedTokens(_ configuration: Configuration) -> [(name: String, value: Secret)] {
    var tokens = configuration.receive.tokens.map { (name: "receive.tokens \($0.label)", value: $0.value) }
    if let token = configuration.status.token { tokens.append(("status.token", token)) }
    if let token = configuration.status.readToken { tokens.append(("status.read_token", token)) }
    return tokens
  }

  private static func secretFiles(_ configuration: Configuration, _ file: ConfigurationFile) -> [Facts.File] {
    let store = configuration.store.path
    let stored = [store, store + "-wal"].compactMap { Facts.File($0, "messages and phone numbers") }
    let read = file.looks.keys.sorted().compactMap { path in
      Facts.File(path, path == file.path ? "the rules, and perhaps secrets" : "a secret of the rule file")
    }
    return stored + read
  }
}

extension Facts.Relay {
  var isRunning: Bool {
    switch self {
    case .running, .hidden: true
    case .stopped, .foreign: false
    }
  }
}
