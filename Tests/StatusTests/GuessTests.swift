import Foundation
import Model
import Observe
import Status
import Support
import Synchronization
import Testing

/// Wrong tokens at the real door, with time that passes when a test says so.
struct GuessTests {
  private static let token = "t0ken-of-the-operator"

  /// Answers that wait until they are let go.
  private final class Held: Sendable {
    let delays = Tape<Duration>()
    private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

    func wait(_ delay: Duration) async {
      await withCheckedContinuation { continuation in
        waiting.withLock { $0.append(continuation) }
        delays.append(delay)
      }
    }

    func release() {
      for continuation in waiting.withLock({ waiting in
        defer { waiting = [] }
        return waiting
      }) { continuation.resume() }
    }
  }

  private static func ask(_ url: String, _ token: String?) async throws -> HTTPResponse {
    try await http("GET", url + "/status.json", headers: token.map { [("Authorization", "Bearer \($0)")] } ?? [])
  }

  @Test func `who guesses waits, who does not wait is refused, and who has the right token notices nothing`() async throws {
    let held = Held()
    let events = Tape<Event>()
    var source = sample().source
    source.wait = { await held.wait($0) }
    source.observer = { events.append($0) }
    let recorder = source.recorder
    try await withDoor(source, token: Self.token) { url, _ in
      for _ in 1...5 { #expect(try await Self.ask(url, "wrong").status == 401) }
      #expect(held.delays.all.isEmpty)
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 1...4 { group.addTask { try await Self.ask(url, "wrong").status } }
        _ = try await held.delays.first(4)
        let refused = try await Self.ask(url, "wrong")
        #expect(refused.status == 429)
        #expect(refused["retry-after"] == "2")
        #expect(refused["content-type"] == "application/problem+json")
        // The right one, and a browser that has not asked its user yet, wait for nobody.
        #expect(try await Self.ask(url, Self.token).status == 200)
        let first = try await Self.ask(url, nil)
        #expect(first.status == 401 && first.headers["www-authenticate"].count == 2)
        held.release()
        for try await status in group { #expect(status == 401) }
      }
    }
    for event in events.all { recorder.observe(event) }
    #expect(recorder.snapshot().gate == [.wrongCredentials: 9, .tooManyGuesses: 1, .noCredentials: 1])
    #expect(held.delays.all.sorted() == [.milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2)])
    for case .turnedAway(_, let request) in events.all { #expect(request.from == "127.0.0.1" && request.by == nil) }
  }

  @Test func `a wrong order key is a guess too`() async throws {
    let delays = Tape<Duration>()
    var source = sample().source
    source.wait = { delays.append($0) }
    try await withDoor(source) { url, _ in
      for _ in 1...7 {
        let answer = try await http("GET", url + "/api/v1/orders/7", headers: [("Authorization", "Bearer wrong")])
        #expect(answer.status == 401)
      }
    }
    #expect(delays.all == [.milliseconds(250), .milliseconds(500)])
  }
}
