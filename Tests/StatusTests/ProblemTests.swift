import Foundation
import Support
import Testing

/// RFC 9457, for every error of this door.
struct ProblemTests {
  @Test(
    arguments: [
      ("GET", "/api/v1/reports/x", nil, 400, "Bad Request"), ("GET", "/api/v1/reports/%ff", nil, 400, "Bad Request"),
      ("GET", "/api/v1/queue?x=1", nil, 400, "Bad Request"), ("GET", "/nothing", nil, 404, "Not Found"),
      ("GET", "/api/v1/jobs/9", nil, 404, "Not Found"), ("DELETE", "/api/v1/jobs", nil, 405, "Method Not Allowed"),
      ("POST", "/api/v1/routes/old/pause", "{}", 409, "Conflict"), ("POST", "/api/v1/replays", nil, 415, "Unsupported Media Type"),
      ("POST", "/api/v1/replays", String(repeating: " ", count: 20_000), 413, "Content Too Large"),
      ("GET", "/api/v1/quarantine/3?raw=true", nil, 403, "Forbidden"), ("PROPFIND", "/status", nil, 501, "Not Implemented"),
    ] as [(String, String, String?, Int, String)])
  func `an error is a problem with its status in numbers and words`(
    method: String, path: String, body: String?, status: Int, title: String
  ) async throws {
    let answer = try await withDesk { url in
      try await http(
        method, url + path, headers: body == nil ? [] : [("Content-Type", "application/json")], body: body.map { Array($0.utf8) })
    }
    #expect(answer.status == status)
    #expect(answer["content-type"] == "application/problem+json")
    let problem = try object(answer)
    #expect(problem["type"] as? String == "about:blank")
    #expect(problem["title"] as? String == title)
    #expect(problem["status"] as? Int == status)
    let detail = try #require(problem["detail"] as? String)
    #expect(!detail.isEmpty && !detail.contains("\n"))
    #expect(problem["request_id"] as? String == answer["x-request-id"])
    #expect(problem.count == 5)
  }

  @Test func `an error of the store and of the gate is one too`() async throws {
    let desk = Desk()
    desk.change { $0.error = .full }
    let answers = try await withDesk(desk, token: "t") { url in
      let bearer = ("Authorization", "Bearer t")
      return [try await http("GET", url + "/api/v1/jobs", headers: [bearer]), try await http("GET", url + "/api/v1/jobs")]
    }
    #expect(answers.map(\.status) == [503, 401])
    let titles = try answers.map { try object($0)["title"] as? String }
    #expect(titles == ["Service Unavailable", "Unauthorized"])
  }
}
