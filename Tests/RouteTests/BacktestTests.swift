import Model
import Route
import Testing

@Suite struct BacktestTests {
  private func route(_ name: String, _ markers: [String], orders: Bool = false) -> RouteSettings {
    var route = RouteSettings(name: name, url: Secret("http://\(name)/"))
    route.markers = markers
    route.orders = orders
    return route
  }

  private func report(_ id: Int64, _ body: String, packet: Int64? = nil) -> Report {
    Report(key: ReportKey(id: id, status: "delivered"), packetID: packet, to: nil, body: Array(body.utf8))
  }

  @Test func `each route's row says what it has in both, gains and loses, with the last few ids`() {
    var backtest = Backtest(
      old: [route("shop", ["#SHOP"]), route("old", ["#OLD"])], new: [route("new", ["#OLD"]), route("shop", ["#S"])], samplesMax: 2)
    for id in 1...4 as ClosedRange<Int64> { backtest.ask(about: report(id, "#SALE"), claimants: []) }
    backtest.ask(about: report(5, "#SHOP"), claimants: [])
    backtest.ask(about: report(6, "#OLD"), claimants: [])
    backtest.ask(about: report(6, "#OLD"), claimants: [])
    backtest.ask(about: report(7, "nobody's"), claimants: [])
    #expect(backtest.rows.map(\.route) == ["shop", "old", "new"])
    #expect(backtest.rows.map(\.same) == [1, 0, 0])
    #expect(backtest.rows.map(\.gained) == [4, 0, 2])
    #expect(backtest.rows.map(\.lost) == [0, 2, 0])
    #expect(backtest.rows.map(\.gainedSamples) == [[3, 4], [], [6]])
    #expect(backtest.rows.map(\.lostSamples) == [[], [6], []])
    #expect(backtest.rows.map(\.isOld) == [true, true, false])
    #expect(backtest.rows.map(\.isNew) == [true, false, true])
    #expect((backtest.reports, backtest.becomeUnmatched, backtest.noLongerUnmatched) == (8, 0, 4))
    #expect(!backtest.isSame)
    #expect(!backtest.losesNothing)
  }

  @Test func `the same rules in another order and in other words are the same`() {
    var tree = route("shop", [])
    tree.match = .any([.bodyContains("#SHOP")])
    var backtest = Backtest(old: [route("shop", ["#SHOP"]), route("crm", ["x"])], new: [route("crm", ["x"]), tree], samplesMax: 3)
    for (id, body) in ["#SHOP x", "x", "y"].enumerated() { backtest.ask(about: report(Int64(id), body), claimants: []) }
    #expect(backtest.isSame)
    #expect(backtest.rows.map(\.same) == [1, 2])
  }

  @Test func `claims count for the routes that take orders, and what nobody owns any more becomes unmatched`() {
    var backtest = Backtest(old: [route("shop", ["#SHOP"], orders: true)], new: [route("shop", ["#SHOP"])], samplesMax: 3)
    #expect(backtest.asksForOrders)
    backtest.ask(about: report(1, "x", packet: 7), claimants: ["shop"])
    backtest.ask(about: report(2, "x", packet: 8), claimants: ["crm"])
    #expect(backtest.rows.map(\.lost) == [1])
    #expect(backtest.becomeUnmatched == 1)
    #expect(!backtest.losesNothing)
  }
}
