import Foundation
import Model
import Support
import Synchronization
import Testing

@testable import Status

/// The page that is open, over a real socket.
@Suite(.timeLimit(.minutes(5)))
struct LivePageTests {
  private static func request(_ query: String = "") -> [UInt8] {
    Array("GET /status/events\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
  }

  /// A relay whose reports are counted by the test, and whose page is new all the time.
  private static func source(_ reports: Watched = Watched()) -> StatusSource {
    var source = sample().source
    let counted = source.standing()
    source.standing = {
      var standing = counted
      standing.reports = reports.value
      return standing
    }
    source.liveEvery = .milliseconds(5)
    return source
  }

  final class Watched: Sendable {
    private let state = Mutex(1_234)
    var value: Int {
      get { state.withLock { $0 } }
      set { state.withLock { $0 = newValue } }
    }
  }

  private static func sections(_ text: String) throws -> [[String: String]] {
    try text.matches(of: /data: (\{.*\})/).map { try JSONDecoder().decode([String: String].self, from: Data(String($0.1).utf8)) }
  }

  @Test func `who watches is told all once, and then only of the sections that changed`() async throws {
    let reports = Watched()
    try await withDoor(Self.source(reports)) { _, port in
      try await RawConnection.with(host: "127.0.0.1", port: port, sending: Self.request()) { browser in
        let first = String(decoding: try await browser.read(until: ": nothing new\n\n"), as: UTF8.self)
        #expect(first.contains("200 OK") && first.lowercased().contains("content-type: text/event-stream"))
        let all = try #require(try Self.sections(first).first)
        #expect(Set(all.keys) == Set(StatusView.sections))
        #expect(all["numbers"]?.contains("1,234") == true)
        reports.value = 1_235
        let next = String(decoding: try await browser.read(until: "1,235"), as: UTF8.self)
        let changed = try #require(try Self.sections(next + (try await String(decoding: browser.read(until: "\n\n"), as: UTF8.self))).first)
        #expect(Set(changed.keys) == ["numbers"])
      }
    }
  }

  @Test func `each watches in the language and the span that the page is in`() async throws {
    try await withDoor(Self.source()) { _, port in
      try await RawConnection.with(host: "127.0.0.1", port: port, sending: Self.request("?lang=tr&chart=day")) { browser in
        let text = String(decoding: try await browser.read(until: ": nothing new"), as: UTF8.self)
        let numbers = try #require(try Self.sections(text).first?["numbers"])
        #expect(numbers.contains("1.234") && numbers.contains("Alınan"))
        #expect(numbers.contains("<a href=\"/status?lang=tr&amp;chart=day\" aria-current=\"true\">son gün</a>"))
      }
    }
  }

  @Test func `beyond so many viewers one is told to come again, and gets the place of one that leaves`() async throws {
    try await withDoor(Self.source()) { url, port in
      try await Self.watched(by: LiveRoom.viewersMax - 1, port) {
        try await RawConnection.with(host: "127.0.0.1", port: port, sending: Self.request()) { last in
          _ = try await last.read(until: "event: sections")
          let refused = try await http("GET", url + "/status/events")
          #expect(refused.status == 503)
          #expect(refused["retry-after"] == "30")
          #expect(refused["content-type"] == "application/problem+json")
          #expect(try await http("HEAD", url + "/status/events").status == 200, "HEAD takes no place")
          #expect(try await http("GET", url + "/status").status == 200)
        }
        // Its place is free as soon as the relay has noticed.
        while true {
          let isIn = try await RawConnection.with(host: "127.0.0.1", port: port, sending: Self.request()) { next in
            String(decoding: try await next.read(until: "\r\n\r\n"), as: UTF8.self).contains("200 OK")
          }
          if isIn { break }
        }
      }
    }
  }

  private static func watched(by count: Int, _ port: Int, _ body: () async throws -> Void) async throws {
    guard count > 0 else { return try await body() }
    try await RawConnection.with(host: "127.0.0.1", port: port, sending: request()) { browser in
      _ = try await browser.read(until: "event: sections")
      try await watched(by: count - 1, port, body)
    }
  }

  @Test func `who takes nothing is dropped after so many ticks, and nothing is kept for them but the newest`() async throws {
    let room = LiveRoom(Self.source())
    let gone = Watched()
    gone.value = 0
    let query = PageQuery(language: .english)
    let idle = room.join(query, disconnect: { gone.value += 1 })
    let busy = room.join(query, disconnect: { Issue.record("this one reads") })
    let (seat, reader) = (try #require(idle), try #require(busy))
    var frames = reader.frames.makeAsyncIterator()
    for _ in 0...LiveRoom.missedMax {
      await room.tick()
      #expect(await frames.next() != nil)
    }
    #expect(gone.value == 1)
    seat.end()
    var kept = 0
    for await _ in seat.frames { kept += 1 }
    #expect(kept == 1)
  }

  @Test func `a seat that nobody holds is free`() throws {
    let room = LiveRoom(Self.source())
    func isFree() -> Bool { room.join(PageQuery(language: .english), disconnect: {}) != nil }
    for _ in 0..<LiveRoom.viewersMax * 3 { #expect(isFree()) }
    let seats = (0..<LiveRoom.viewersMax).map { _ in room.join(PageQuery(language: .english), disconnect: {}) }
    #expect(seats.allSatisfy { $0 != nil })
    #expect(!isFree())
  }

  @Test func `while nobody watches, nothing is looked up but what rates are counted by`() async throws {
    var source = Self.source()
    source.oldestWaiting = {
      Issue.record("nobody asked")
      return [:]
    }
    source.publicDoorAnswers = {
      Issue.record("nobody asked")
      return true
    }
    let room = LiveRoom(source)
    for _ in 0..<20 { await room.tick() }
  }

  @Test func `however many watch the same page, it is made once`() async throws {
    let looks = Watched()
    looks.value = 0
    var source = Self.source()
    source.lookups.history = { _ in
      looks.value += 1
      return []
    }
    let room = LiveRoom(source)
    let seats = (0..<8).map { _ in room.join(PageQuery(language: .english), disconnect: {}) }
    await room.tick()
    #expect(looks.value == 1)
    #expect(seats.count == 8)
  }
}
