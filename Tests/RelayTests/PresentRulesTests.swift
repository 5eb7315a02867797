import Model
import Testing

@testable import dlr_relay

@Suite struct PresentRulesTests {
  private func route(_ name: String, markers: [String] = [], statuses: [String]? = nil, otherwise: Bool = false) -> RouteSettings {
    var route = RouteSettings(name: name, url: Secret("http://\(name)/"))
    (route.markers, route.statuses, route.otherwise) = (markers, statuses, otherwise)
    return route
  }

  private var others: [RouteSettings] { (1...12).map { route("r\($0)", markers: ["#\($0)-x"]) } }
  private let late = Report(key: ReportKey(id: 1, status: "delivered"), packetID: 77, body: Array("gizli #late".utf8))

  @Test func `an owner that refuses the status speaks first, however late it stands in the file`() {
    let rules = PresentRules([route("rest", otherwise: true)] + others + [route("late", markers: ["#late"], statuses: ["accepted"])])
    #expect(rules.routes(of: late) == [])
    let reason = rules.reason(against: late)
    #expect(
      reason.hasPrefix(
        ##"late: the body contains "#late" at character 7, but status "delivered" is not among accepted; "##
          + #"rest: it gets what no other route matched, and route "late" owns this report but does not want its status; r1: "#))
    #expect(reason.hasSuffix("; and 6 more routes"))
    #expect(reason.count <= Limits.reasonTextMax + "...; and 6 more routes".count)
  }

  @Test func `where nobody owns a report the first routes speak`() {
    #expect(
      PresentRules(Array(others.prefix(2))).reason(against: late)
        == ##"r1: the body does not contain "#1-x"; r2: the body does not contain "#2-x""##)
  }
}
