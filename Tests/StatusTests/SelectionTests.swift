import Foundation
import Model
import Support
import Testing

/// Replays and discards: what is meant by a request, and what is refused because it could mean more than was wanted.
struct SelectionTests {
  private static let since = Instant(microseconds: 1_795_437_296_000_000)

  @Test(
    arguments: [
      ("replays", #"{"report_id": 9007199254740993}"#, Selection(state: .dead, reportID: 9_007_199_254_740_993)),
      ("replays", #"{"route": "shop", "state": "delivered"}"#, Selection(state: .delivered, lane: LaneID(1))),
      (
        "replays", #"{"since": "2026-11-23T12:34:56Z", "until": "2026-11-23T15:35:56+03:00"}"#,
        Selection(state: .dead, since: since, until: since + .seconds(60))
      ),
      ("replays", #"{"all": true, "until": "2026-11-23T12:34:56Z"}"#, Selection(state: .dead, until: since)),
      ("discards", #"{"route": "old", "state": "waiting"}"#, Selection(state: .waiting, lane: LaneID(3))),
      ("discards", #"{"all": true, "state": "dead"}"#, Selection(state: .dead)),
    ] as [(String, String, Selection)])
  func `what a request means is counted by a dry run, and becomes a job without`(
    path: String, body: String, selection: Selection
  ) async throws {
    let desk = Desk()
    let dry = body.dropLast() + #", "dry_run": true}"#
    let (counted, started) = try await withDesk(desk) { url in
      (try await post(url + "/api/v1/" + path, String(dry)), try await post(url + "/api/v1/" + path, body))
    }
    #expect(counted.status == 200)
    #expect(try sameJSON(counted.text, #"{"count": \#(Desk.count), "at_least": false}"#))
    #expect(desk.seen.counted == [selection])
    #expect(started.status == 202)
    #expect(started["location"] == "/api/v1/jobs/1")
    #expect(desk.seen.jobs.map(\.selection) == [selection])
    #expect(desk.seen.jobs.map(\.kind) == [path == "replays" ? .replay : .discard])
  }

  @Test func `what is too much to be counted is said to be at least so much`() async throws {
    let desk = Desk()
    desk.change { $0.countsToTheEnd = false }
    let counted = try await withDesk(desk) { url in try await post(url + "/api/v1/replays", #"{"route": "shop", "dry_run": true}"#) }
    #expect(try sameJSON(counted.text, #"{"count": \#(Desk.count), "at_least": true}"#))
  }

  @Test func `a replay can be paced`() async throws {
    let desk = Desk()
    let started = try await withDesk(desk) { url in try await post(url + "/api/v1/replays", #"{"route": "shop", "rate": 0.5}"#) }
    #expect(started.status == 202)
    #expect(desk.seen.rates == [0.5])
  }

  @Test(
    arguments: [
      ("replays", "{}", "Say which are meant"),
      ("replays", #"{"state": "delivered"}"#, "Say which are meant"),
      ("replays", #"{"until": "2026-11-23T12:34:56Z"}"#, "Say which are meant"),
      ("replays", #"{"all": false}"#, "Say which are meant"),
      ("replays", #"{"all": true, "route": "shop"}"#, #""all" does not go together"#),
      ("replays", #"{"all": "true"}"#, #""all" must be true or false"#),
      ("replays", #"{"rout": "shop", "all": true}"#, #""rout" is not known"#),
      ("replays", #"{"route": null, "since": "2026-11-23T12:34:56Z"}"#, #""route" is null"#),
      ("replays", #"{"route": 5}"#, #""route" must be text"#),
      ("replays", #"{"report_id": 1.5}"#, #""report_id" must be a whole number"#),
      ("replays", #"{"report_id": "1"}"#, #""report_id" must be a whole number"#),
      ("replays", #"{"report_id": 9223372036854775808}"#, #""report_id" must be a whole number"#),
      ("replays", #"{"route": "shop", "state": "waiting"}"#, "What waits is sent anyway"),
      ("replays", #"{"route": "shop", "state": "deade"}"#, #""dead" or "delivered""#),
      ("replays", #"{"since": "yesterday"}"#, #""since" must be a time such as"#),
      ("replays", #"{"since": "2026-02-30T00:00:00Z"}"#, #""since" must be a time such as"#),
      ("replays", #"{"route": "shop", "until": "2026-11-23"}"#, #""until" must be a time such as"#),
      (
        "replays", #"{"since": "2026-11-23T12:34:56Z", "until": "2026-11-23T12:34:56Z"}"#, #""since" must be before "until""#
      ),
      ("replays", #"{"route": "shop", "rate": 0}"#, #""rate" must be from 0.001 to 1000000"#),
      ("replays", #"{"route": "shop", "rate": -1}"#, #""rate" must be from"#),
      ("replays", #"{"route": "shop", "rate": 1e-300}"#, #""rate" must be from"#),
      ("discards", #"{"route": "shop"}"#, #"must say its "state""#),
      ("discards", #"{"route": "shop", "state": "delivered"}"#, #"must say its "state""#),
      ("discards", #"{"route": "shop", "state": "dead", "rate": 1}"#, #""rate" is of replays"#),
      ("discards", #"{"state": "waiting"}"#, "Say which are meant"),
      ("replays", "", "must be a JSON object"), ("replays", "[]", "must be a JSON object"), ("replays", "{", "must be a JSON object"),
      ("discards", #""all""#, "must be a JSON object"),
    ])
  func `a request that could mean more than was wanted is refused, and nothing is done`(
    path: String, body: String, words: String
  ) async throws {
    let desk = Desk()
    let answer = try await withDesk(desk) { url in try await post(url + "/api/v1/" + path, body) }
    #expect(answer.status == 400)
    #expect(answer["content-type"] == "application/problem+json")
    let detail = try #require(try object(answer)["detail"] as? String)
    #expect(detail.contains(words), "\(detail)")
    #expect(desk.seen.jobs.isEmpty && desk.seen.counted.isEmpty)
  }

  @Test func `an unknown route is told with those that there are`() async throws {
    let answer = try await withDesk { url in try await post(url + "/api/v1/replays", #"{"route": "shp"}"#) }
    #expect(answer.status == 404)
    #expect(try object(answer)["detail"] as? String == #"There is no route "shp". There are: shop, bank, old."#)
  }
}

func post(_ url: String, _ body: String, type: String? = "application/json") async throws -> HTTPResponse {
  try await http("POST", url, headers: type.map { [("Content-Type", $0)] } ?? [], body: Array(body.utf8))
}

/// A door in front of a desk, and its URL.
func withDesk<Result: Sendable>(
  _ desk: Desk = Desk(), token: String? = nil, _ body: @escaping @Sendable (_ url: String) async throws -> Result
) async throws -> Result {
  var source = sample().source
  let standing = source.standing()
  source.operations = desk.operations
  source.standing = {
    var standing = standing
    for index in standing.lanes.indices { standing.lanes[index].state.pause = desk.seen.pauses[standing.lanes[index].id] }
    return standing
  }
  return try await withDoor(source, token: token) { url, _ in try await body(url) }
}
