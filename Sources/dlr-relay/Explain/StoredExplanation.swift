import Model
import Receive
import Route
import Status
import Store

/// What became of a stored report, and what the rules of the file say of it now.
struct StoredExplanation: Encodable {
  struct Entry: Encodable {
    /// What became of it.
    var stored: ReportAnswer.Status
    /// Null where its bytes are gone, or are no report to this version.
    @OrNull var rules: Explanation?
    /// Routes of the store for which its packet was claimed, as far as it is known to have one.
    var claimedFor: [String]
  }

  var id: Int64
  /// In the order of arrival.
  var statuses: [Entry]

  /// Reads the store of the file, whether its relay runs or not.
  /// - Parameter assumed: routes for which to take the packet as claimed, besides.
  /// - Throws: `Failure` if the report is not known.
  init(of id: Int64, _ configuration: Configuration, claimedFor assumed: Set<String>) throws {
    let records: [ReportRecord]
    let claimants: [Int64: Set<String>]
    do {
      let store = try StoreView(path: configuration.store.path)
      records = try store.report(id)
      claimants = try store.claimants(of: Set(records.compactMap(\.packetID)))
    } catch {
      throw Failure("\(error)")
    }
    guard !records.isEmpty else { throw Failure("no report \(id) is in \(configuration.store.path), or not any more") }
    self.id = id
    let rules = RuleSet(configuration.routes)
    statuses = zip(records, ReportAnswer(id: id, records).statuses).map { record, stored in
      let claimed = record.packetID.flatMap { claimants[$0] } ?? []
      let report = record.payload.flatMap { try? readReport($0.bytes) }
      return Entry(
        stored: stored,
        rules: report.map { Explanation(of: $0, by: rules, configuration, claimedFor: claimed.union(assumed)) },
        claimedFor: claimed.sorted())
    }
  }

  var text: String { (["report \(id)"] + statuses.map(\.text)).joined(separator: "\n\n") }
}

extension StoredExplanation.Entry {
  fileprivate var text: String {
    var lines = [stored.text]
    if !claimedFor.isEmpty { lines.append("  the packet is claimed for \(claimedFor.joined(separator: ", "))") }
    guard let rules else {
      let why = stored.bytes == nil ? "its bytes are gone" : "its bytes are no report to this version"
      return (lines + ["  the rules cannot be asked: \(why)"]).joined(separator: "\n")
    }
    return (lines + ["  by the rules as they are now:"] + (rules.lines + [rules.sum]).map { "    " + $0 }).joined(separator: "\n")
  }
}
