import Model

/// What was received, and what became of it.
extension Operator {
  /// - Throws: if the report is not known.
  package func report(_ id: Int64) async throws(OperatorError) -> ReportAnswer {
    let records = try await reading { try await source.operations.report(id) }
    guard !records.isEmpty else { throw .unknown("No report \(id) is known, or not any more.") }
    var answer = ReportAnswer(id: id, records)
    let rules = try await reading { try await source.lookups.explain(records) }
    precondition(rules.count == records.count, "the rules are asked about each")
    for index in rules.indices { answer.statuses[index].rules = rules[index] }
    return answer
  }

  package func reports(_ wanted: SearchRequest) async throws(OperatorError) -> ReportList {
    ReportList(try await found(wanted))
  }

  package func deliveries(_ wanted: SearchRequest) async throws(OperatorError) -> DeliveryList {
    DeliveryList(try await found(wanted), route: wanted.route, state: wanted.state?.delivery)
  }

  private func found(_ wanted: SearchRequest) async throws(OperatorError) -> SearchPage {
    let search = try wanted.search(at: source.clock(), lane: lane)
    return try await reading { try await source.lookups.search(search) }
  }
}
