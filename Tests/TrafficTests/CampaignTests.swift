import Foundation
import Testing
import Traffic

struct CampaignTests {
  private struct Envelope: Decodable {
    struct Report: Decodable {
      var id: Int64
      var packet_id: Int64
      var status: String
      var to: String
      var body: String
    }

    var report: Report
  }

  private func requests(seed: UInt64 = 7, count: Int = 2_000, _ change: (inout CampaignSettings) -> Void = { _ in }) -> [PlannedRequest] {
    var settings = CampaignSettings(seed: seed)
    settings.count = count
    change(&settings)
    var campaign = Campaign(settings)
    var all: [PlannedRequest] = []
    while let request = campaign.next() { all.append(request) }
    return all
  }

  @Test func `the same seed gives the same bytes in the same order and another seed does not`() {
    #expect(requests(seed: 7).map(\.bytes) == requests(seed: 7).map(\.bytes))
    #expect(Set(requests(seed: 7).map(\.report.id)).isDisjoint(with: requests(seed: 8).map(\.report.id)))
  }

  @Test func `every request decodes to exactly the text that was meant`() throws {
    for request in requests() {
      let report = try JSONDecoder().decode(Envelope.self, from: Data(request.bytes)).report
      #expect(report.id == request.report.id)
      #expect(report.packet_id == request.report.packetID)
      #expect(report.status == request.report.status.rawValue)
      #expect(report.to == request.report.to)
      // By scalar: String's == would take NFC for NFD.
      #expect(report.body.unicodeScalars.elementsEqual(request.report.body.unicodeScalars))
      #expect(report.body.hasSuffix(" B186"))
      #expect(report.id > 1 << 31)
    }
  }

  @Test(arguments: [
    "ş", "\\u015f", "\\u015F", "\\/", "iim.to/", "\\ud83c\\udf89", "🎉", "s\u{327}", "\\n", "\\\"", "{\"report\":{\"id\":", "\"id\": ",
  ])
  func `each way of writing occurs`(bytes: String) {
    let needle = Array(bytes.utf8)
    #expect(requests().contains { $0.bytes.firstRange(of: needle) != nil })
  }

  @Test(arguments: [1, 2, 999, 1_000])
  func `the count is of distinct reports`(count: Int) {
    let all = requests(count: count)
    let distinct = Set(all.map { "\($0.report.id) \($0.report.status)" })
    #expect(distinct.count == count)
    #expect(all.filter { !$0.isDuplicate }.count == count)
  }

  @Test func `a message is accepted first unless disorder is asked for`() {
    for (disorder, acceptedFirst) in [(0.0, true), (1.0, false)] {
      var firsts: [Int64: SimulatedReport.Status] = [:]
      for request in requests({ $0.disorder = disorder }) where firsts[request.report.id] == nil {
        firsts[request.report.id] = request.report.status
      }
      #expect(firsts.values.allSatisfy { ($0 == .accepted) == acceptedFirst })
    }
  }

  @Test func `duplicates repeat the bytes of what was sent before them in about the share asked for`() {
    var sent: Set<[UInt8]> = []
    var duplicates = 0
    for request in requests(count: 10_000, { $0.duplicates = 0.1 }) {
      if request.isDuplicate {
        duplicates += 1
        #expect(sent.contains(request.bytes))
        #expect(request.hasTwin)
      }
      sent.insert(request.bytes)
    }
    #expect((900...1_100).contains(duplicates))
    #expect(requests { $0.duplicates = 0 }.allSatisfy { !$0.isDuplicate && !$0.hasTwin })
  }

  @Test func `markers and packet prefixes are in what was asked for`() {
    let all = requests {
      $0.markers = ["#ÖZEL", "kısa.link/"]
      $0.packetPrefixes = [1_045]
    }
    let marked = all.filter { $0.report.body.contains("#ÖZEL") || $0.report.body.contains("kısa.link/") }
    #expect((0.8...0.98).contains(Double(marked.count) / Double(all.count)))
    let prefixed = all.filter { String($0.report.packetID).hasPrefix("1045") }
    #expect((0.3...0.7).contains(Double(prefixed.count) / Double(all.count)))
    #expect(Set(all.map(\.report.packetID)).count > 50)
  }
}
