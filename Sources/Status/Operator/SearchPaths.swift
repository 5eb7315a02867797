import Hummingbird
import Model

/// What became of reports: one by its id, and those that somebody looks for.
struct SearchPaths: Sendable {
  private let `operator`: Operator

  init(_ operator: Operator) { self.operator = `operator` }

  private static let report = PathParameter.number("id", "The provider's id of the report.")
  private static let route = QueryParameter<String>.text("route", lengths: 1...64, "A copy is owed to this route, or was.")
  private static let packet = QueryParameter<Int64>.number("packet_id", "The order it belongs to.")
  private static let to = QueryParameter<String>.text(
    "to", lengths: PhonePattern.lengths,
    """
    The recipient's phone number: at least \(PhonePattern.digitsMin) digits, of which the last ten are compared; fewer than ten are its end. \
    Of a number that the provider masked, what can be seen must agree.
    """)
  private static let state = QueryParameter<ReportState>.choice(
    "state", "A copy of it stands so (to `route`, if that is given), or nobody got it: no route matched, or none that wants this status.")
  private static let copyState = QueryParameter<DeliveryState>.choice("state", "How they stand.")
  private static let status = QueryParameter<String>.text("status", lengths: 1...Limits.statusBytesMax, "As the provider sent it.")
  private static let since = QueryParameter<Instant>.time("since", "Received not before this; left out: 24 hours before `until`.")
  private static let until = QueryParameter<Instant>.time("until", "Received before this, at most 31 days after `since`; left out: now.")

  private static let howFar = """
    A page looks at a bounded part of the store, so it may be short, or empty, and `next` says whether there is more. Everything \
    that was received from `searched_back_to` on was looked at; null: all of the range.
    """

  private static func link(_ id: String) -> Call.Link { Call.Link(name: "report", call: "report", parameter: "id", value: id) }

  var calls: [Call] { [one, reports, deliveries] }

  private var one: Call {
    Call(
      .get, "/api/v1/reports/{id}", "report", "What became of one report: every status, with its routes and their failed attempts.",
      text: "Of each copy the first and the last four failed attempts are kept.", with: [Self.report],
      answers: [
        .json(ReportAnswer.self, "The report."), .problem(.notFound, "The report is not known, or not any more."), .storeUnread,
      ]
    ) { asked in try .json(await `operator`.report(asked[Self.report])) }
  }

  private var reports: Call {
    let page = Page(limitMax: Limits.reportsShownMax)
    return Call(
      .get, "/api/v1/reports", "reports", "Reports that somebody looks for, the newest first.",
      text: "Every condition that is given holds. \(Self.howFar)",
      with: [Self.packet, Self.to, Self.route, Self.state, Self.status, Self.since, Self.until] + page.parameters,
      answers: [
        .json(ReportList.self, "A page of them.", links: [page.link(to: "reports"), Self.link("$response.body#/reports/0/id")]),
        .problem(.notFound, "There is no such route."),
        .storeUnread,
      ]
    ) { asked in
      var wanted = SearchRequest()
      (wanted.packetID, wanted.to, wanted.route) = (asked[Self.packet], asked[Self.to], asked[Self.route])
      (wanted.state, wanted.status) = (asked[Self.state], asked[Self.status])
      (wanted.since, wanted.until) = (asked[Self.since], asked[Self.until])
      (wanted.cursor, wanted.limit) = page.wanted(asked)
      return try .json(await `operator`.reports(wanted))
    }
  }

  private var deliveries: Call {
    let page = Page(limitMax: Limits.reportsShownMax, of: "reports; a report may have several copies")
    return Call(
      .get, "/api/v1/deliveries", "deliveries", "Copies of reports and how they stand, those of the newest reports first.",
      text: Self.howFar, with: [Self.route, Self.copyState, Self.since, Self.until] + page.parameters,
      answers: [
        .json(
          DeliveryList.self, "A page of them.", links: [page.link(to: "deliveries"), Self.link("$response.body#/deliveries/0/report_id")]),
        .problem(.notFound, "There is no such route."),
        .storeUnread,
      ]
    ) { asked in
      var wanted = SearchRequest()
      (wanted.route, wanted.state) = (asked[Self.route], asked[Self.copyState].map(ReportState.init))
      (wanted.since, wanted.until) = (asked[Self.since], asked[Self.until])
      (wanted.cursor, wanted.limit) = page.wanted(asked)
      return try .json(await `operator`.deliveries(wanted))
    }
  }
}
