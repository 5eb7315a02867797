import Foundation
import Model
import Status
import Support
import Testing

struct RequestIDTests {
  private static func asked(
    _ requests: [(method: String, path: String, headers: [(String, String)])], desk: Desk = Desk(), token: String? = nil
  ) async throws -> (answers: [HTTPResponse], events: [Event]) {
    let events = Tape<Event>()
    var source = sample().source
    source.operations = desk.operations
    source.observer = { events.append($0) }
    let answers = try await withDoor(source, token: token) { url, _ in
      var answers: [HTTPResponse] = []
      for (method, path, headers) in requests {
        answers.append(try await http(method, url + path, headers: headers, body: method == "GET" ? nil : []))
      }
      return answers
    }
    return (answers, events.all)
  }

  @Test(arguments: ["a", "01HZX.9_y-Z", String(repeating: "x", count: 64)])
  func `a proxy's name for a request is kept`(_ id: String) async throws {
    let (answers, events) = try await Self.asked([("GET", "/api/v1/reports/7", [("X-Request-Id", id)])])
    #expect(answers[0]["x-request-id"] == id)
    #expect(try object(answers[0])["request_id"] as? String == id)
    guard case .answered(let answer)? = events.last else { return #expect(Bool(false), "\(events)") }
    #expect(answer.request.id == id && answer.request.from == "127.0.0.1")
    #expect(answer.method == "GET" && answer.status == 404)
    #expect(answer.path == "/api/v1/reports/{id}")
  }

  @Test(arguments: ["a b", "a\"b", "ü", "+905321234567", String(repeating: "x", count: 65), "a/b"])
  func `one that could make a mess of a log is not`(_ id: String) async throws {
    let headers = [("X-Request-Id", id)]
    let (answers, _) = try await Self.asked([("GET", "/livez", headers), ("GET", "/livez", headers), ("GET", "/livez", [])])
    let ids = answers.compactMap { $0["x-request-id"] }
    #expect(Set(ids).count == 3 && !ids.contains(id))
  }

  @Test func `every answer has one, and what is not served is told without its path`() async throws {
    let (answers, events) = try await Self.asked([
      ("GET", "/+905321234567", []), ("PROPFIND", "/status", []), ("GET", "/status", [("Host", "evil.example.com")]),
      ("PUT", "/status", []), ("GET", "/status", [("X-Request-Id", "a"), ("X-Request-Id", "b")]),
    ])
    #expect(answers.map(\.status) == [404, 501, 421, 405, 200])
    for answer in answers { #expect(answer["x-request-id"]?.isEmpty == false) }
    for answer in answers.dropLast() { #expect(try object(answer)["request_id"] as? String == answer["x-request-id"]) }
    let told = events.compactMap { if case .answered(let answer) = $0 { answer } else { nil } }
    #expect(told.map(\.path) == [nil, nil, "/status", "/status", "/status"])
    #expect(told.map(\.method) == ["GET", "other", "GET", "PUT", "GET"])
  }

  @Test func `a change is told with what it was, by whom and from where`() async throws {
    let bearer = [("Authorization", "Bearer t0ken-of-the-operator"), ("Content-Type", "application/json"), ("X-Request-Id", "r1")]
    let desk = Desk()
    let (answers, events) = try await Self.asked(
      [
        ("POST", "/api/v1/routes/shop/pause", bearer), ("POST", "/api/v1/routes/nobody/pause", bearer),
        ("POST", "/api/v1/quarantine/retries", bearer),
        ("DELETE", "/api/v1/jobs/1", bearer),
      ], desk: desk, token: "t0ken-of-the-operator")
    #expect(answers.map(\.status) == [200, 404, 202, 200])
    let changes = events.compactMap { if case .changed(let change) = $0 { change } else { nil } }
    #expect(changes.map(\.what) == ["pause", "readmit", "cancel"])
    #expect(changes.map(\.about) == [["route": "shop"], ["job": "1"], ["job": "1", "kind": "readmit"]])
    #expect(changes.allSatisfy { $0.request == OperatorRequest(id: "r1", from: "127.0.0.1", by: "status.token") && !$0.isOfApp })
  }

  @Test func `what fails says when to ask again`() async throws {
    let desk = Desk()
    desk.change { $0.error = .failed(code: 10, words: "disk I/O error") }
    let (answers, _) = try await Self.asked([("GET", "/api/v1/reports/7", []), ("GET", "/api/v1/jobs", [])], desk: desk)
    #expect(answers.map(\.status) == [503, 503])
    #expect(answers.map { $0["retry-after"] } == ["5", "5"])
  }
}
