import Foundation
import Hummingbird
import Model

/// /api/v1: an operator's requests, and what is answered.
///
/// Whoever gets this far is past the gate. A web page that a browser at this machine has open could still send a form: what changes
/// something therefore wants `content-type: application/json`, or is a DELETE, neither of which a page of another origin may send
/// without asking first (Fetch, "CORS-preflight"), and asking is not answered here.
struct OperatorPaths: Sendable {
  typealias Answering = @Sendable (Request, DoorContext) async throws -> Response

  private static let bodyBytesMax = 16 * 1024
  private let `operator`: Operator

  init(_ operator: Operator) { self.operator = `operator` }

  var calls: [Call] { relay + deliveries + jobs + unmatched + quarantine + routes }

  // MARK: - Parameters

  private static let job = PathParameter.number("id", "The number of the job.")
  private static let body = PathParameter.number("id", "The number of the body.")
  private static let route = PathParameter.text(
    "name", Schema.Text(lengths: 1...64, pattern: "^[A-Za-z0-9_.-]+$"), "The name of the route in the rule file.")
  private static let raw = QueryParameter<Bool>.flag("raw", "true: the bytes as they came. They may hold a phone number and a message.")

  private static func selection(_ schema: Schema) -> Call.Body { Call.Body(schema: schema, bytesMax: bodyBytesMax) }
  /// Nothing is to be said, but it must be said as JSON.
  private static var nothing: Call.Body {
    Call.Body(schema: .object(Schema.Object(members: [])), bytesMax: bodyBytesMax)
  }

  private static let unknownRoute = Call.Answer.problem(.notFound, "There is no such route.")
  private static let unknownJob = Call.Answer.problem(.notFound, "There is no such job among the last.")

  private static func started(_ text: String) -> Call.Answer {
    .json(
      JobAnswer.self, text, status: .accepted,
      links: [
        Call.Link(name: "job", call: "job", parameter: "id", value: "$response.body#/id"),
        Call.Link(name: "cancel", call: "cancelJob", parameter: "id", value: "$response.body#/id"),
      ])
  }

  // MARK: - The relay

  private var relay: [Call] {
    [
      Call(
        .get, "/api/v1/relay", "relay", "Version, process and store: which relay this is.",
        answers: [.json(RelayAnswer.self, "The relay.")]
      ) { _ in try .json(`operator`.relay) },
      Call(
        .get, "/api/v1/queue", "queue", "How many copies wait, by route and age.",
        answers: [.json(QueueTable.self, "The table of `dlr-relay queue`."), .storeUnread]
      ) { _ in try .json(await `operator`.queue()) },
    ]
  }

  // MARK: - Replays, discards, jobs

  private var deliveries: [Call] {
    [
      Call(
        .post, "/api/v1/replays", "replay", "Send copies again that were given up, or that the app has.",
        text: "Below live traffic, with the same webhook-id and `relay-replay: true`. A dry run counts and does nothing.",
        body: Self.selection(SelectionRequest.schema(for: .replay)),
        answers: [
          .json(CountAnswer.self, "The answer to a dry run: how many copies are meant."), Self.started("The job that does it."),
          Self.unknownRoute, .storeUnread,
        ]
      ) { asked in try await start(.replay, asked) },
      Call(
        .post, "/api/v1/discards", "discard", "Take copies out for good.", text: "A dry run counts and does nothing.",
        body: Self.selection(SelectionRequest.schema(for: .discard)),
        answers: [
          .json(CountAnswer.self, "The answer to a dry run: how many copies are meant."), Self.started("The job that does it."),
          Self.unknownRoute, .storeUnread,
        ]
      ) { asked in try await start(.discard, asked) },
    ]
  }

  private func start(_ kind: QueueJob.Kind, _ asked: Asked) async throws -> Response {
    let selection = try SelectionRequest(json: asked.body)
    if selection.dryRun == true { return try .json(CountAnswer(await `operator`.count(kind, selection))) }
    return try started(await `operator`.start(kind, selection))
  }

  private func started(_ job: JobAnswer) throws -> Response {
    var response = try Response.json(job, status: .accepted)
    response.headers[.location] = "/api/v1/jobs/\(job.id)"
    return response
  }

  private var jobs: [Call] {
    let page = Page(limitMax: Limits.jobsShownMax, limitIfLeftOut: Limits.jobsShownMax)
    return [
      Call(
        .get, "/api/v1/jobs", "jobs", "Replays, discards, reroutes and retries of the quarantine, the newest first.",
        with: page.parameters, answers: [.json(JobList.self, "A page of them.", links: [page.link(to: "jobs")]), .storeUnread]
      ) { asked in
        let (cursor, limit) = page.wanted(asked)
        return try .json(await `operator`.jobs(cursor, limit: limit))
      },
      Call(
        .get, "/api/v1/jobs/{id}", "job", "One job, and how far it is.", with: [Self.job],
        answers: [.json(JobAnswer.self, "The job."), Self.unknownJob, .storeUnread]
      ) { asked in try .json(await `operator`.job(asked[Self.job])) },
      Call(
        .delete, "/api/v1/jobs/{id}", "cancelJob", "End a job before it has done all.",
        text: "What a replay has queued and nobody has tried yet goes back: `cancelling` until it has. What was done stays done.",
        with: [Self.job], answers: [.json(JobAnswer.self, "The job."), Self.unknownJob, .storeUnread]
      ) { asked in try .json(await `operator`.cancel(job: asked[Self.job])) },
    ]
  }

  // MARK: - Strays

  private var unmatched: [Call] {
    let page = Page(limitMax: Limits.straysShownMax)
    return [
      Call(
        .get, "/api/v1/unmatched", "unmatched", "Reports that no route matched, with who would get them now, or why nobody would.",
        with: page.parameters,
        answers: [
          .json(UnmatchedAnswer.self, "A page of them, in the order of arrival.", links: [page.link(to: "unmatched")]), .storeUnread,
        ]
      ) { asked in
        let (cursor, limit) = page.wanted(asked)
        return try .json(await `operator`.unmatched(cursor, limit: limit))
      },
      Call(
        .post, "/api/v1/reroutes", "reroute", "Send unmatched reports through the present rules.",
        text: """
          A dry run looks at some of them and counts; ask on with `next` as `cursor` until it is null, and add up.
          """,
        body: Self.selection(RerouteRequest.schema),
        answers: [
          .json(RerouteCount.self, "The answer to a dry run, about the reports that it looked at."), Self.started("The job that does it."),
          .storeUnread,
        ]
      ) { asked in
        let wanted = try RerouteRequest(json: asked.body)
        guard wanted.dryRun != true else {
          return try .json(await `operator`.rerouteCount(wanted.cursor))
        }
        return try started(await `operator`.reroute())
      },
    ]
  }

  private var quarantine: [Call] {
    let page = Page(limitMax: Limits.straysShownMax)
    let unknown = Call.Answer.problem(.notFound, "There is no such body, or not any more.")
    return [
      Call(
        .get, "/api/v1/quarantine", "quarantine", "Bodies that came with the right token and were no report.", with: page.parameters,
        answers: [
          .json(QuarantineAnswer.self, "A page of them, in the order of arrival.", links: [page.link(to: "quarantine")]), .storeUnread,
        ]
      ) { asked in
        let (cursor, limit) = page.wanted(asked)
        return try .json(await `operator`.quarantine(cursor, limit: limit))
      },
      Call(
        .post, "/api/v1/quarantine/retries", "retryQuarantine", "Read the quarantine again, which a later version may understand.",
        body: Self.nothing, answers: [Self.started("The job that does it."), .storeUnread]
      ) { asked in
        try Self.expectNothing(asked)
        return try started(await `operator`.readmit())
      },
      Call(
        .get, "/api/v1/quarantine/{id}", "quarantined", "What one of them looks like, or its bytes.", with: [Self.body, Self.raw],
        answers: [
          Call.Answer(
            status: .ok, text: "The body without its words, or its bytes.",
            contents: [("application/json", Schema(of: QuarantinedAnswer.self)), ("application/octet-stream", .text())]),
          .problem(.forbidden, "The bytes are shown only where there is a status.token."), unknown, .storeUnread,
        ]
      ) { asked in try await quarantined(asked) },
    ]
  }

  private func quarantined(_ asked: Asked) async throws -> Response {
    let id = asked[Self.body]
    guard asked[Self.raw] == true else { return try .json(await `operator`.quarantined(id)) }
    guard asked.context.seesPersonalData else {
      throw OperatorError.forbidden(
        "The bytes may hold a phone number and a message, which are shown only to who has a token that may do everything: set status.token "
          + "in the rule file, and send the token.")
    }
    let bytes = try await `operator`.quarantinedBytes(id)
    return Response(
      status: .ok,
      headers: [.contentType: "application/octet-stream", .contentDisposition: "attachment; filename=\"quarantine-\(id).bin\""],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  // MARK: - Routes

  private var routes: [Call] {
    let row = Call.Answer.json(StatusReport.Route.self, "The route's row of /status.json.")
    let conflict = Call.Answer.problem(.conflict, "The rule file says otherwise.")
    return [
      Call(
        .get, "/api/v1/routes", "routes", "Every route: what it got, what waits, and whether its app takes copies.",
        answers: [
          .json(
            RouteList.self, "In the order of the rule file; then those that left it while copies waited.",
            links: ["route", "pause", "resume"].map {
              Call.Link(name: $0, call: $0, parameter: "name", value: "$response.body#/routes/0/name")
            })
        ]
      ) { _ in try .json(await `operator`.routes()) },
      Call(
        .get, "/api/v1/routes/{name}", "route", "One route.", with: [Self.route], answers: [row, Self.unknownRoute]
      ) { asked in try .json(await `operator`.route(asked[Self.route])) },
      Call(
        .post, "/api/v1/routes/{name}/pause", "pause", "Send the route nothing more, also over restarts.",
        text: "Answered once the pause is on disk. Time in a pause does not count toward giving up.", with: [Self.route],
        body: Self.nothing, answers: [row, Self.unknownRoute, conflict, .storeUnread]
      ) { asked in
        try Self.expectNothing(asked)
        return try .json(await `operator`.pause(route: asked[Self.route]))
      },
      Call(
        .post, "/api/v1/routes/{name}/resume", "resume", "Send again, at once.", text: "Answered once that is on disk.",
        with: [Self.route], body: Self.nothing, answers: [row, Self.unknownRoute, conflict, .storeUnread]
      ) { asked in
        try Self.expectNothing(asked)
        return try .json(await `operator`.resume(route: asked[Self.route]))
      },
    ]
  }

  /// Who sends a selection where none is read may believe that it was.
  static func expectNothing(_ asked: Asked) throws(OperatorError) {
    let said = asked.body.isEmpty ? [:] : try? JSONDecoder().decode([String: Bool].self, from: Data(asked.body))
    guard said == [:] else { throw .invalid("Nothing is to be said here. Send {} as the body, or none.") }
  }
}
