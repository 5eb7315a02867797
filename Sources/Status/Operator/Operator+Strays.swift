import Model
import Observe

/// Reports that nobody got.
extension Operator {
  /// - Parameter cursor: the `next` of the page before; nil: the first page.
  /// - Throws: also if the cursor is none of this list. So do the next two.
  package func unmatched(_ cursor: String?, limit: Int) async throws(OperatorError) -> UnmatchedAnswer {
    let seq = try Cursor.number(cursor, of: .unmatched) ?? 0
    let page = try await reading { try await strays.unmatched(seq, limit) }
    let verdicts = try await reading { try await strays.verdicts(page.reports, true) }
    let reports = zip(page.reports, verdicts).map { stored, verdict in
      UnmatchedAnswer.Report(stored, routesNow: verdict.routes, reason: verdict.reason.map(masked(phonesIn:)))
    }
    return UnmatchedAnswer(reports: reports, next: page.next.map { Cursor(.unmatched, at: $0).text })
  }

  /// Of the first reports behind one; who wants to know of all goes on with `next`.
  package func rerouteCount(_ cursor: String?) async throws(OperatorError) -> RerouteCount {
    let seq = try Cursor.number(cursor, of: .unmatched) ?? 0
    let page = try await reading { try await strays.unmatched(seq, Limits.reroutesCountedMax) }
    var count = RerouteCount()
    (count.next, count.examined) = (page.next.map { Cursor(.unmatched, at: $0).text }, page.reports.count)
    for verdict in try await reading({ try await strays.verdicts(page.reports, false) }) {
      if !verdict.routes.isEmpty { count.matched += 1 }
      for route in verdict.routes { count.routes[route, default: 0] += 1 }
    }
    return count
  }

  package func reroute() async throws(OperatorError) -> JobAnswer {
    let job = shown(try await changing { try await strays.reroute() })
    tell(started: job)
    return job
  }

  package func quarantine(_ cursor: String?, limit: Int) async throws(OperatorError) -> QuarantineAnswer {
    let id = try Cursor.number(cursor, of: .quarantine) ?? 0
    var found = try await reading { try await strays.quarantined(id, limit + 1) }
    let next = Self.next(.quarantine, of: &found, limit: limit, \.id)
    return QuarantineAnswer(bodies: found.map { QuarantinedAnswer($0, withOutline: false) }, next: next)
  }

  package func quarantined(_ id: Int64) async throws(OperatorError) -> QuarantinedAnswer {
    QuarantinedAnswer(try await body(id), withOutline: true)
  }

  /// As they came: for who may see what is in them.
  package func quarantinedBytes(_ id: Int64) async throws(OperatorError) -> [UInt8] { try await body(id).payload.bytes }

  package func readmit() async throws(OperatorError) -> JobAnswer {
    let job = shown(try await changing { try await strays.readmit() })
    tell(started: job)
    return job
  }

  private var strays: Strays { source.operations.strays }

  private func body(_ id: Int64) async throws(OperatorError) -> QuarantinedRecord {
    guard let found = try await reading({ try await strays.body(id) }) else {
      throw .unknown("There is no body \(id) in quarantine, or not any more. GET /api/v1/quarantine and `dlr-relay quarantine` list them.")
    }
    return found
  }

  /// Takes the one too many away that tells that there is more.
  static func next<Row>(_ list: Cursor.List, of found: inout [Row], limit: Int, _ number: (Row) -> Int64) -> String? {
    guard found.count > limit else { return nil }
    found.removeSubrange(limit...)
    return found.last.map { Cursor(list, at: number($0)).text }
  }
}
