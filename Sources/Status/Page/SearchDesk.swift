import Model

/// Looks up what the search form asks for.
struct SearchDesk: Sendable {
  private static let limit = 50
  private let source: StatusSource

  init(_ source: StatusSource) { self.source = source }

  func search(_ query: SearchQuery) async -> SearchView {
    var view = SearchView(query, now: source.clock())
    guard !query.isEmpty else { return view }
    do throws(SearchFault) {
      let searches = try searches(query, &view)
      guard !searches.isEmpty else { throw .number }
      var pages: [SearchPage] = []
      for search in searches { pages.append(try await page(search)) }
      view.found = Self.merged(pages, since: view.since)
    } catch {
      view.fault = error
    }
    return view
  }

  private func page(_ search: ReportSearch) async throws(SearchFault) -> SearchPage {
    do { return try await source.lookups.search(search) } catch { throw .store }
  }

  /// A number may be a report's, a packet's or a phone's: each is asked for by itself.
  private func searches(_ query: SearchQuery, _ view: inout SearchView) throws(SearchFault) -> [ReportSearch] {
    let now = view.now
    let since = query.since.isEmpty ? now - SearchQuery.sinceIfLeftOut : SearchQuery.instant(query.since, at: now)
    let until = query.until.isEmpty ? now : SearchQuery.instant(query.until, at: now)
    guard let since, let until, since < until else { throw .time }
    (view.since, view.until) = (since, until)
    // What arrives in this very moment is found too.
    var base = ReportSearch(
      since: since, until: query.until.isEmpty ? .distantFuture : until, before: query.before, limit: Self.limit)
    if !query.route.isEmpty {
      guard let lane = source.standing().lanes.first(where: { $0.name == query.route }) else { throw .route(query.route) }
      base.lane = lane.id
    }
    if !query.state.isEmpty {
      guard let state = DeliveryState(rawValue: query.state) else { throw .state }
      base.state = state
    }
    if !query.status.isEmpty { base.status = query.status }
    guard !query.text.isEmpty else { return [base] }
    return Self.searches(for: query.text, base, isFirst: query.before == nil)
  }

  private static func searches(for text: String, _ base: ReportSearch, isFirst: Bool) -> [ReportSearch] {
    var searches: [ReportSearch] = []
    if let number = Int64(text), number >= 0, text.first != "+" {
      if isFirst {
        // Found by an index, and so of any time.
        var byID = base
        (byID.reportID, byID.since) = (number, Instant(microseconds: .min))
        searches.append(byID)
      }
      var byPacket = base
      byPacket.packetID = number
      searches.append(byPacket)
    }
    if let pattern = PhonePattern(text) {
      var byPhone = base
      byPhone.matches = { recipient(of: $0).map(pattern.matches) ?? false }
      searches.append(byPhone)
    }
    return searches
  }

  /// The newest first. What one search found further back than another has looked comes on a later page.
  static func merged(_ pages: [SearchPage], since: Instant) -> SearchPage {
    let next = pages.compactMap(\.next).max()
    var bySeq: [Int64: ReportRecord] = [:]
    for record in pages.flatMap(\.reports) where next.map({ record.seq >= $0 }) ?? true { bySeq[record.seq] = record }
    return SearchPage(
      reports: bySeq.values.sorted { $0.seq > $1.seq }, next: next,
      searchedBackTo: next == nil ? nil : pages.compactMap(\.searchedBackTo).max())
  }
}

/// Why nothing was searched for.
enum SearchFault: Error, Sendable, Equatable {
  case time
  case state
  case number
  case route(String)
  case store
}
