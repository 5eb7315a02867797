import Foundation
import Model
import Support
import Testing

@testable import Deliver

/// A deliverer that runs follows the rule file, over real sockets.
@Suite(.timeLimit(.minutes(10)))
struct ReloadTests {
  private func reload(_ sending: Sending, _ routes: [RouteSettings], lanes: [Int]? = nil) async {
    let lanes = (lanes ?? Array(1...max(1, routes.count))).prefix(routes.count).map { LaneID($0) }
    await withCheckedContinuation { continuation in
      sending.deliverer.reload(routes: routes, lanes: lanes) { continuation.resume() }
    }
  }

  @Test func `what waits follows the new URL, headers and secrets, and what is in flight ends where it began`() async throws {
    let latch = Latch()
    try await AppServer.with(answering: { _ in .status(200).after(latch) }) { old in
      try await AppServer.with { new in
        let before = route(url: old.url("/old")) {
          $0.concurrency = 1
          $0.headers = [Header(name: "x-key", value: Secret("old-key"))]
        }
        try await withDeliverer([before]) { sending in
          sending.journal.add((1...3).map { delivery($0) })
          _ = try await old.request(1)
          let after = route(url: new.url("/new")) {
            $0.concurrency = 1
            $0.headers = [Header(name: "x-key", value: Secret("new-key"))]
            $0.secrets = [Secret("whsec_" + Data(repeating: 7, count: 32).base64EncodedString())]
          }
          await reload(sending, [after])
          // Twice, so that settings are retired while others of the lane are in flight.
          await reload(sending, [before])
          await reload(sending, [after])
          latch.open()
          let copies = try await new.requests(2)
          #expect(copies.allSatisfy { $0.uri == "/new" && $0["x-key"] == ["new-key"] && $0["webhook-signature"].count == 1 })
          let settled = try await sending.journal.settled.first(3)
          #expect(settled.allSatisfy { $0.result == .delivered })
          #expect(old.requests.all.map { $0["x-key"] } == [["old-key"]])
        }
      }
    }
  }

  @Test func `a failed copy goes to the new URL at its next try`() async throws {
    try await AppServer.with(answering: { _ in .status(500) }) { old in
      try await AppServer.with { new in
        // However long it fails there, no wait becomes a long one.
        let shop = { (url: String) in route(url: url) { ($0.retry.first, $0.retry.max) = (.milliseconds(20), .milliseconds(20)) } }
        try await withDeliverer([shop(old.url())]) { sending in
          #expect(try await sending.send(delivery(1, receivedAt: realClock())).outcome == .answered(status: 500))
          await reload(sending, [shop(new.url())])
          let copy = try await new.request(1)
          #expect(copy["webhook-id"] == ["dlr_1_delivered"])
          _ = try await sending.journal.settled.wait { $0.last?.result == .delivered }
        }
      }
    }
  }

  @Test func `a removed route sends nothing, the others go on, and it goes on when it is back`() async throws {
    try await AppServer.with { app in
      let (shop, bank) = (route("shop", url: app.url("/shop")), route("bank", url: app.url("/bank")))
      try await withDeliverer([shop, bank]) { sending in
        _ = try await sending.send(delivery(1, lane: 1))
        await reload(sending, [bank], lanes: [2])
        sending.journal.add((2...5).map { delivery($0, lane: 1) })
        for seq in 1...20 { _ = try await sending.send(delivery(Int64(seq), lane: 2)) }
        #expect(app.requests.all.filter { $0.uri == "/shop" }.count == 1)
        #expect(sending.deliverer.gauges().map(\.lane) == [LaneID(2)])
        await reload(sending, [bank, shop], lanes: [2, 1])
        _ = try await sending.journal.settled.wait { $0.filter { $0.lane == LaneID(1) }.count == 5 }
      }
    }
  }

  @Test func `a lane of before the start is held until its route is there, and is then sent from its beginning`() async throws {
    try await AppServer.with { app in
      let (shop, bank) = (route("shop", url: app.url("/shop")), route("bank", url: app.url("/bank")))
      try await withDeliverer([shop], states: [LaneID(2): LaneState()]) { sending in
        sending.journal.add([delivery(1, lane: 2)])
        _ = try await sending.send(delivery(1, lane: 1))
        #expect(sending.journal.kept.all.contains { $0.lane == LaneID(2) && $0.state.holds.since != nil })
        #expect(app.requests.all.map(\.uri) == ["/shop"])
        await reload(sending, [shop, bank])
        _ = try await sending.journal.settled.wait { $0.contains { $0.lane == LaneID(2) && $0.result == .delivered } }
      }
    }
  }

  @Test func `a reload of a deliverer that has ended is answered`() async throws {
    try await withDeliverer([route()], stops: false) { sending in
      await sending.stop()
      await reload(sending, [route("bank")])
    }
  }
}
