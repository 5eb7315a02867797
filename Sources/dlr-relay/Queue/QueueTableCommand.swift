import ArgumentParser
import Status

/// What waits, by route and age.
struct QueueTableCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "How many copies wait, by route and age. Also without its name: dlr-relay queue.",
    discussion: """
      A column says how many copies came to be owed at most that long ago and longer than the column before it. "held" is a route \
      that is not in the rule file any more: its copies are kept and sent to nobody.
      """)

  @OptionGroup var options: QueueOptions

  func run() async throws {
    try await options.withQueues { queues in
      let table = try await queues.table()
      print(options.json ? try jsonText(table) : table.text)
    }
  }
}

extension QueueTable {
  /// Names to the left, numbers to the right.
  var text: String {
    let rows = routes + [total]
    let lines =
      [["", "total"] + buckets] + rows.map { [$0.held ? "\($0.name) (held)" : $0.name] + ([$0.total] + $0.counts).map(String.init) }
    return aligned(lines, textColumns: 1)
  }
}

/// Rows under each other: so many columns of text to the left, the rest are numbers and stand to the right.
func aligned(_ rows: [[String]], textColumns: Int) -> String {
  let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
  return rows.map { row in
    let cells = row.indices.map { column in
      let padding = String(repeating: " ", count: widths[column] - row[column].count)
      return column < textColumns ? row[column] + padding : padding + row[column]
    }
    return String(cells.joined(separator: "  ").reversed().drop(while: \.isWhitespace).reversed())
  }.joined(separator: "\n")
}
