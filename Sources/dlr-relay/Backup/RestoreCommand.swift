import ArgumentParser
import Foundation
import Model
import Store
import Traffic

/// `dlr-relay restore FILE`
struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Put a backup in the place of a stopped relay's store.",
    discussion: """
      The relay must not run. The backup is copied and read through first; the store that is there is kept beside it under another name, \
      and nothing is deleted. What came after the backup is not in it, and what was delivered after it is sent again with the same \
      webhook-id: how much that is is said before anything is done, and asked, unless --yes is given.

        systemctl stop dlr-relay.socket dlr-relay.service
        dlr-relay restore /backups/relay-2026-11-24.db --config /etc/dlr-relay/routes.yaml
        systemctl start dlr-relay.socket dlr-relay.service
      """)

  @Argument(help: "A file that dlr-relay backup made.")
  var file: String
  @Flag(help: "Do not ask. Needed where nobody can be asked.")
  var yes = false
  @OptionGroup var options: QueueOptions

  func validate() throws {
    guard yes || isatty(STDIN_FILENO) == 1 else { throw ValidationError("nobody can be asked here; give --yes") }
  }

  func run() async throws {
    let store = try options.configuration().store.path
    do {
      let restore = try await withProgress({ "copying and reading it through" }) {
        nonisolated(unsafe) let restore = try await offPool { [file] in UncheckedResult { try StoreRestore(of: file, to: store) } }.get()
        return restore
      }
      defer { restore.release() }
      let (comparison, fault) = compare(restore)
      if !options.json || !yes { for line in consequences(restore, comparison, fault) { complain(line) } }
      guard yes || confirms("Restore it?") else { throw Failure("nothing was changed") }
      let aside = try restore.put(at: systemClock())
      try show(restore, comparison, keptAs: aside)
    } catch let error as RestoreError {
      throw Failure("\(error)")
    }
  }

  private func compare(_ restore: StoreRestore) -> (StoreRestore.Comparison?, StoreError?) {
    do throws(StoreError) { return (try restore.comparison(), nil) } catch { return (nil, error) }
  }

  /// In plain words.
  private func consequences(_ restore: StoreRestore, _ comparison: StoreRestore.Comparison?, _ fault: StoreError?) -> [String] {
    let contents = restore.contents
    var lines = [
      "\(file) is without a fault: \(grouped(contents.reports)) reports were received"
        + (contents.lastReportAt.map { ", the last at \($0.rfc3339)" } ?? "") + "; \(grouped(contents.waiting)) copies wait, "
        + "\(grouped(contents.dead)) were given up"
    ]
    guard let comparison else {
      let what = fault.map { "the store that is there cannot be read (\($0)), so nobody can say what is missing in the backup" }
      return lines + [what ?? "there is no store at \(restore.storePath) yet"]
    }
    if let missing = comparison.reportsMissing {
      lines.append(
        "\(grouped(missing)) reports came after the backup and are not in it: the relay forgets them, and copies of them that no app "
          + "has are not sent. They stay in the store that is kept")
    } else {
      lines.append("the store that is there is not the one of which this is a backup: none of its reports are kept but under its new name")
    }
    let again = comparison.copiesAgain
    lines.append(
      "\(again.isAtLeast ? "at least " : "")\(grouped(again.count)) copies were delivered after the backup and are sent again, with the same "
        + "webhook-id")
    return lines
  }

  private struct Outcome: Encodable {
    var file: String
    var store: String
    var keptAs: String?
    var reports: Int
    var waiting: Int
    var dead: Int
    var reportsMissing: Int?
    var copiesAgain: Int?
    var copiesAgainAtLeast: Bool?
  }

  private func show(_ restore: StoreRestore, _ comparison: StoreRestore.Comparison?, keptAs aside: String?) throws {
    guard options.json else {
      print("\(file) is the store \(restore.storePath) now; start the relay")
      if let aside { print("the one before is \(aside); delete it when nobody misses anything") }
      return
    }
    print(
      try jsonText(
        Outcome(
          file: file, store: restore.storePath, keptAs: aside, reports: restore.contents.reports, waiting: restore.contents.waiting,
          dead: restore.contents.dead, reportsMissing: comparison?.reportsMissing, copiesAgain: comparison?.copiesAgain.count,
          copiesAgainAtLeast: comparison?.copiesAgain.isAtLeast)))
  }
}

/// Of what was made on another thread and is used on one alone.
private struct UncheckedResult<Value>: @unchecked Sendable {
  private let result: Result<Value, any Error>
  init(_ body: () throws -> Value) { result = Result { try body() } }
  func get() throws -> Value { try result.get() }
}
