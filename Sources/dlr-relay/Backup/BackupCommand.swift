import ArgumentParser
import Foundation
import Model
import Status
import Store
import Synchronization
import Traffic

/// `dlr-relay backup FILE`
struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "A consistent copy of the live store.",
    discussion: """
      Made inside the running relay, which goes on taking and sending reports; of a stopped one's store directly. Every report answered \
      200 before it began is in the file, with the copies it owes. The file is read through before it gets its name, and nothing is \
      overwritten.

        dlr-relay backup /backups/relay-$(date +%F).db

      The relay needs as much room beside its store as the store has, for as long as it takes. Without status.token in the rule file this \
      is for the relay's own user, and root: the store holds phone numbers and messages.

      Exit code 0 if the file is there, 1 if it is not, 2 for wrong usage.
      """)

  @Argument(help: "A new file. It is a plain SQLite file, for its owner alone.")
  var file: String

  @OptionGroup var options: QueueOptions

  func run() async throws {
    let configuration = try options.configuration()
    let store = realPath(configuration.store.path)
    guard !filesOfStore(store).contains(realFolderPath(file)) else {
      throw Failure("\(file) is a file of the store itself; give another name")
    }
    let target = try PartialFile(for: file)
    let progress = BackupProgress()
    let interruption = await Interruption.watch { progress.interrupt() }
    defer { interruption.cancel() }
    do {
      let contents = try await withProgress({ progress.line }) { try await copy(configuration, store, to: target, progress) }
      try target.publish()
      print(try text(contents))
    } catch {
      target.discard()
      if progress.isInterrupted { throw Failure("interrupted; nothing was written") }
      throw error
    }
  }

  private func copy(
    _ configuration: Configuration, _ store: String, to target: PartialFile, _ progress: BackupProgress
  ) async throws -> BackupAnswer.Contents {
    let running = RunningRelay(configuration.status)
    if try await running.isThere() {
      try await running.expect(store: store)
      return try await RunningBackup(relay: running, store: store, progress: progress).copy(to: target)
    }
    nonisolated(unsafe) let target = target
    return try await offPool {
      Result { try Self.copy(stopped: configuration, to: target, progress) }
    }.get()
  }

  private static func copy(
    stopped configuration: Configuration, to target: PartialFile, _ progress: BackupProgress
  ) throws -> BackupAnswer.Contents {
    do {
      let store = try StoppedStore(configuration.store.path)
      defer { store.release() }
      let contents = try store.copy(to: target.partialPath, open: target.descriptor, clock: systemClock) { copied, total in
        progress.tell(copied < total ? "copying, \(copied * 100 / max(1, total)) %" : "reading it through")
        return !progress.isInterrupted
      }
      return BackupAnswer.Contents(contents)
    } catch let error as StoreError {
      throw Failure(explain(error, configuration))
    } catch let error as BackupError {
      throw Failure("\(error)")
    }
  }

  private struct Outcome: Encodable {
    var file: String
    var contents: BackupAnswer.Contents

    enum CodingKeys: CodingKey { case file }

    func encode(to encoder: any Encoder) throws {
      try contents.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(file, forKey: .file)
    }
  }

  private func text(_ contents: BackupAnswer.Contents) throws -> String {
    if options.json { return try jsonText(Outcome(file: file, contents: contents)) }
    return """
      \(file): \(sized(contents.bytes)), read through without a fault
      \(grouped(contents.reports)) reports were received until \(contents.until), \(grouped(contents.waiting)) copies wait, \
      \(grouped(contents.dead)) were given up
      put it back with: dlr-relay restore \(file)
      """
  }
}

/// How far a backup is, and whether anybody still waits for it.
final class BackupProgress: Sendable {
  private let state = Mutex((line: "", isInterrupted: false))

  var line: String { state.withLock { $0.line } }
  var isInterrupted: Bool { state.withLock { $0.isInterrupted } }
  func tell(_ line: String) { state.withLock { $0.line = line } }
  func interrupt() { state.withLock { $0.isInterrupted = true } }
}

/// The absolute path of a file that may not be there, with the symbolic links of its folder resolved.
func realFolderPath(_ path: String) -> String {
  let url = URL(filePath: path).absoluteURL.standardizedFileURL
  return URL(filePath: realPath(url.deletingLastPathComponent().path)).appending(path: url.lastPathComponent).path
}
