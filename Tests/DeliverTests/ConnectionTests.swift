import Model
import Support
import Testing

@testable import Deliver

@Suite(.timeLimit(.minutes(10)))
struct ConnectionTests {
  @Test func `copies share one connection, one after the other`() async throws {
    try await AppServer.with { app in
      try await withDeliverer([route(url: app.url()) { $0.concurrency = 1 }]) { sending in
        sending.journal.add((1...50).map { delivery($0) })
        let copies = try await app.requests(50)
        #expect(copies.map { $0["webhook-id"][0] } == (1...50).map { "dlr_\($0)_delivered" })
        #expect(app.connections.all == [1])
      }
    }
  }

  @Test func `a lane has no more connections than its window, and fills it`() async throws {
    let latch = Latch()
    try await AppServer.with(answering: { _ in .status(200).after(latch) }) { app in
      try await withDeliverer([route(url: app.url()) { $0.concurrency = 4 }]) { sending in
        sending.journal.add((1...40).map { delivery($0) })
        #expect(Set(try await app.requests(4).map(\.connection)).count == 4)
        latch.open()
        _ = try await sending.journal.settled.first(40)
        #expect(app.connections.all.count == 4)
        #expect(app.requests.all.count == 40)
      }
    }
  }

  @Test func `an app that closes its idle connections gets the next copy on a new one, without a failed try`() async throws {
    try await AppServer.with { app in
      try await withDeliverer([route(url: app.url())]) { sending in
        for round in 1...5 {
          #expect(try await sending.send(delivery(Int64(round))).result == .delivered)
          await app.closeConnections()
          _ = try await app.disconnections.first(round)
        }
        #expect(app.connections.all.count == 5)
        #expect(app.requests.all.count == 5)
      }
    }
  }

  @Test func `an app that closes after every answer gets every copy`() async throws {
    let last = AppAnswer.raw("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", then: .close)
    try await AppServer.with(answering: { _ in last }) { app in
      try await withDeliverer([route(url: app.url()) { $0.concurrency = 3 }]) { sending in
        sending.journal.add((1...60).map { delivery($0) })
        let settled = try await sending.journal.settled.first(60)
        #expect(settled.allSatisfy { $0.result == .delivered })
      }
    }
  }

  @Test(arguments: [("127.0.0.1", "::1"), ("::1", "127.0.0.1")])
  func `a name with addresses of both kinds works when only one listens`(host: String, other: String) async throws {
    var isOtherDeaf = false
    while !isOtherDeaf {
      isOtherDeaf = try await AppServer.with(host: host) { app in
        // Another test may have the same port of the other address; then with another port.
        guard let deaf = DeafPort.take(app.port, of: other) else { return false }
        try await withDeliverer([route(url: "http://localhost:\(app.port)/")]) { sending in
          for seq in 1...3 {
            let settlement = try await sending.send(delivery(Int64(seq)))
            #expect(settlement.outcome == .answered(status: 200))
          }
        }
        _ = consume deaf
        return true
      }
    }
  }

  @Test func `many routes at once get all of theirs and nothing of the others`() async throws {
    try await AppServer.with { app in
      let routes = (1...60).map { route("r\($0)", url: app.url("/\($0)")) }
      try await withDeliverer(routes) { sending in
        sending.journal.add((1...600).map { delivery($0, lane: Int($0) % 60 + 1) })
        let copies = try await app.requests(600)
        for (uri, copies) in Dictionary(grouping: copies, by: \.uri) {
          #expect(copies.count == 10)
          #expect(copies.allSatisfy { $0["relay-route"] == ["r\(uri.dropFirst())"] })
        }
        #expect(Set(copies.map { $0["webhook-id"][0] }).count == 600)
      }
    }
  }

  @Test func `an app that hangs, one that is gone and one without an address delay nobody else`() async throws {
    let gone = try await AppServer.with { $0.url() }
    try await AppServer.with(answering: { _ in .silence }) { hanging in
      try await AppServer.with { app in
        let bad = [hanging.url(), gone, "http://nowhere.invalid/"].enumerated().map { index, url in
          route("bad\(index)", url: url) {
            $0.retry.first = .milliseconds(10)
            $0.timeout = .minutes(5)
          }
        }
        try await withDeliverer(bad + [route("good", url: app.url())]) { sending in
          sending.journal.add((1...100).flatMap { n in (1...3).map { delivery(n, lane: $0) } })
          _ = try await hanging.requests(16)
          for n in 1...50 { #expect(try await sending.send(delivery(Int64(n), lane: 4)).outcome == .answered(status: 200)) }
          #expect(hanging.connections.all.count == 16)
          // So that stopping need not wait for them.
          await hanging.closeConnections()
        }
      }
    }
  }

  @Test func `names are looked up and connections opened and closed side by side`() async throws {
    let last = AppAnswer.raw("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", then: .close)
    let full = try FullListener()
    defer { full.close() }
    try await AppServer.with(answering: { _ in last }) { app in
      let impatient: (inout RouteSettings) -> Void = {
        $0.timeout = .milliseconds(50)
        $0.retry.first = .milliseconds(1)
        $0.retry.factor = 1
      }
      let routes = [
        route("named", url: "http://localhost:\(app.port)/"), route("numbered", url: app.url()),
        route("full", url: "http://127.0.0.1:\(full.port)/", impatient),
        route("nowhere", url: "http://nowhere.invalid/", impatient),
      ]
      try await withDeliverer(routes) { sending in
        sending.journal.add((1...4).flatMap { n in [delivery(n, lane: 3), delivery(n, lane: 4)] })
        _ = try await sending.journal.settled.first { $0.lane == LaneID(3) }
        for n in 1...40 {
          sending.journal.add([delivery(Int64(n), lane: 1), delivery(Int64(n), lane: 2)])
          _ = try await app.requests(n * 2)
        }
        _ = try await sending.journal.settled.wait { $0.filter { $0.result == .delivered }.count == 80 }
        let failed = sending.journal.settled.all.filter { $0.lane.number <= 2 && $0.result != .delivered }
        #expect(failed.isEmpty)
      }
    }
  }

  @Test func `a failed copy is tried again until the app has it`() async throws {
    try await AppServer.with(answering: { .status($0.number < 4 ? 503 : 200) }) { app in
      let route = route(url: app.url()) {
        $0.retry.first = .milliseconds(20)
        $0.retry.factor = 1
      }
      try await withDeliverer([route]) { sending in
        sending.journal.add([delivery(1)])
        let settled = try await sending.journal.settled.first(4)
        #expect(settled.map(\.tries) == [1, 2, 3, 4])
        #expect(settled.last?.result == .delivered)
        #expect(try await app.requests(4).map { $0["relay-attempt"] } == [["1"], ["2"], ["3"], ["4"]])
        _ = try await sending.events.first { if case .delivered(LaneID(1), tries: 4, lag: _) = $0 { true } else { false } }
      }
    }
  }
}
