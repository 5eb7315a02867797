import ArgumentParser
import Foundation
import Model
import Status
import Store

/// `dlr-relay queue`: what waits, by route and age.
struct QueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue",
    abstract: "How many copies wait, by route and age.",
    discussion: """
      Asks the running relay, or reads the store of a stopped one. A column says how many copies came to be owed at most that \
      long ago and longer than the column before it.
      """)

  @Option(help: "The rule file.")
  var config = ConfigurationFile.defaultPath

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let configuration = try loadConfiguration(config)
    let table = try await running(configuration) ?? stopped(configuration)
    if json {
      print(try jsonText(table))
    } else {
      print(table.text)
    }
  }

  /// - Returns: nil if no relay runs.
  private func running(_ configuration: Configuration) async throws -> QueueTable? {
    let relay = RunningRelay(configuration.status)
    guard let answer = try await relay.get("/api/v1/queue") else { return nil }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(QueueTable.self, from: answer)
    } catch {
      throw Failure("what listens on \(configuration.status.listen) is no relay of this version; check status.listen")
    }
  }

  private func stopped(_ configuration: Configuration) throws -> QueueTable {
    do {
      let store = try StoppedStore(path: configuration.store.path)
      return QueueTable(
        waiting: store.waiting, routes: configuration.routes.map(\.name), lanes: store.standing.lanes, at: systemClock())
    } catch {
      throw Failure("\(error)")
    }
  }
}

extension QueueTable {
  /// Names to the left, numbers to the right.
  var text: String {
    let rows = routes + [total]
    let lines =
      [["", "total"] + buckets] + rows.map { [$0.held ? "\($0.name) (held)" : $0.name] + ([$0.total] + $0.counts).map(String.init) }
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max()! }
    return lines.map { line in
      line.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - line[column].count)
        return column == 0 ? line[column] + padding : padding + line[column]
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
