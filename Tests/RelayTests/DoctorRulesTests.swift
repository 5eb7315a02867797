import Model
import Store
import Testing

@testable import dlr_relay

/// What the facts mean, without a disk or a network.
struct DoctorRulesTests {
  private static let now = Instant(rfc3339: "2026-11-24T04:30:00Z")!
  private static let endpoint = Endpoint(host: "127.0.0.1", port: 9090)
  private static let examined = StoreExamination(reports: 1_234, waiting: 5, dead: 0, schema: "4: history", lastReportAt: nil)

  @Test(arguments: [
    (0, 0, Finding.Level.ok), (0, 2, .warning), (1, 2, .error),
  ])
  func `a rule file is as bad as the worst in it`(_ errors: Int, _ warnings: Int, _ level: Finding.Level) {
    let finding = DoctorRules.configuration("routes.yaml", errors: errors, warnings: warnings, routes: 3)
    #expect(finding.level == level)
    #expect((finding.advice == nil) == (level == .ok))
  }

  @Test func `a token that is easy to guess is named and not shown`() {
    let findings = DoctorRules.tokens([("receive.tokens 1", Secret("changeme-relay1")), ("status.token", Secret("9f3c1e7ab2d84f5c6e0d"))])
    #expect(findings.map(\.level) == [.warning])
    #expect(findings[0].text.hasPrefix("receive.tokens 1 is one "))
    #expect(!findings[0].text.contains("changeme"))
    #expect(DoctorRules.tokens([("1", Secret("9f3c1e7ab2d84f5c6e0d"))]).map(\.level) == [.ok])
  }

  @Test(arguments: [(0o600, true), (0o640, true), (0o644, false), (0o602, false)])
  func `a file with secrets is nobody else's`(_ mode: Int, _ isFine: Bool) {
    let findings = DoctorRules.files([Facts.File(path: "relay.db", what: "messages", mode: mode)])
    #expect(findings.map(\.level) == [isFine ? .ok : .warning])
  }

  private static func relay(_ change: (inout Facts.Running) -> Void) -> [Finding] {
    var running = Facts.Running(
      pid: 7, version: "1.2.3", fingerprint: "c0ffee", lastError: nil, needsRestart: [], openFilesMax: 1_024, holdsReserve: true)
    change(&running)
    return DoctorRules.relay(.running(running), status: endpoint, version: "1.2.3", fingerprint: "c0ffee", restart: "restart it")
  }

  @Test func `a relay of this version, by this file, is fine, and everything else is told`() {
    #expect(Self.relay { _ in }.map(\.level) == [.ok])
    #expect(Self.relay { $0.version = "1.2.2" }.map(\.level) == [.warning])
    #expect(Self.relay { $0.fingerprint = "beef" }.map(\.level) == [.warning])
    #expect(Self.relay { $0.lastError = "routes.yaml:3: error" }.map(\.level) == [.error])
    #expect(Self.relay { $0.needsRestart = ["store.path"] }[0].text.contains("store.path"))
    #expect(Self.relay { $0.holdsReserve = false }.map(\.level) == [.error])
    #expect(Self.relay { ($0.version, $0.needsRestart) = ("1", ["status.listen"]) }.count == 2)
    func level(_ relay: Facts.Relay) -> Finding.Level? {
      DoctorRules.relay(relay, status: Self.endpoint, version: "1", fingerprint: "c", restart: "restart it").first?.level
    }
    #expect(level(.stopped) == .note)
    #expect(level(.hidden(pid: "7")) == .error)
    #expect(level(.foreign("what listens there is no relay")) == .error)
  }

  @Test func `a store that was not read to its end is not said to be whole`() {
    func finding(_ reading: Facts.Store.Reading, isRunning: Bool = true, isThorough: Bool = false) -> Finding {
      DoctorRules.store(Facts.Store(path: "relay.db", reading: reading, isThorough: isThorough), isRunning: isRunning)
    }
    #expect(finding(.read(Self.examined), isThorough: true).text.hasSuffix("with its indexes"))
    #expect(finding(.read(Self.examined)).level == .ok)
    #expect(finding(.partly(Self.examined, after: .seconds(5))).level == .note)
    #expect(finding(.partly(Self.examined, after: .seconds(5))).text.contains("not to its end"))
    #expect(finding(.unreadable(.damaged(path: "relay.db", words: "row 3 missing from index"))).level == .error)
    #expect(
      finding(.unreadable(.newer(path: "relay.db")))
        == .error("store", "the store relay.db was written by a newer version", "start that version, or set another store.path"))
    #expect(finding(.missing).level == .error)
    #expect(finding(.missing, isRunning: false).level == .note)
  }

  @Test func `disk, fsync and open files by their bounds`() {
    let total = 100_000_000_000
    func disk(_ free: Int) -> Finding.Level { DoctorRules.disk(DiskSpace(free: free, total: total)).level }
    #expect(disk(total / 2) == .ok)
    #expect(disk(DiskSpace(free: 0, total: total).limit - 1) == .warning)
    #expect(disk(Limits.reserveBytes) == .error)
    func fsync(_ median: Duration, _ worst: Duration) -> Finding.Level {
      DoctorRules.syncing(Facts.Syncing(times: [median, median, worst]), folder: ".").level
    }
    #expect(fsync(.milliseconds(1), .milliseconds(3)) == .ok)
    #expect(fsync(DoctorRules.syncSlow, .milliseconds(30)) == .warning)
    #expect(fsync(.milliseconds(1), DoctorRules.syncStall) == .warning)
    #expect(fsync(.microseconds(2), .microseconds(9)) == .note)
    #expect(DoctorRules.syncing(nil, folder: ".").level == .note)
    #expect(DoctorRules.syncing(Facts.Syncing(times: [.milliseconds(2)]), folder: ".").text.contains("about 500 commits"))
    #expect(DoctorRules.openFiles(1_000, needed: 1_000).level == .ok)
    #expect(DoctorRules.openFiles(999, needed: 1_000).level == .warning)
    #expect(DoctorRules.openFiles(nil, needed: 1_000).level == .note)
  }

  @Test func `a clock that is off`() {
    func levels(_ isSynchronised: Bool = true, lastReport: Duration = .zero, other: Duration = .zero) -> [Finding.Level] {
      DoctorRules.clock(
        Facts.Clock(
          isSynchronised: isSynchronised, now: Self.now, lastReportAt: Self.now + lastReport, otherClock: Self.now + other)
      ).map(\.level)
    }
    #expect(levels() == [.ok])
    #expect(levels(false) == [.note])
    #expect(levels(other: .minutes(5)) == [.error])
    #expect(levels(other: .zero - .minutes(5)) == [.error])
    #expect(levels(lastReport: .hours(1)) == [.warning])
    #expect(levels(lastReport: .zero - .days(30)) == [.ok])
  }

  @Test func `an address that cannot be reached is an error, and a certificate near its end a warning`() {
    func level(_ outcome: Facts.Reach.Outcome, days: Int? = nil) -> Finding.Level {
      DoctorRules.reach(
        Facts.Reach(
          topic: "route shop", origin: "https://shop.example.com", isEncrypted: true, outcome: outcome,
          certificateEnds: days.map { Self.now + .days($0) }), at: Self.now
      ).level
    }
    #expect(level(.connected(took: .milliseconds(12)), days: 60) == .ok)
    #expect(level(.connected(took: .milliseconds(12))) == .ok)
    #expect(level(.connected(took: .milliseconds(12)), days: 13) == .warning)
    for outcome in [.noAddress, .refused, .unreachable, .timedOut, .tls("certificate has expired"), .other("?")] as [Facts.Reach.Outcome] {
      #expect(level(outcome) == .error)
    }
  }

  @Test func `the public URL is fine only if this relay answers there`() {
    func finding(_ status: Int, isReady: Bool = false, redirect: String? = nil, answered: String? = nil, here: String? = "a1") -> Finding {
      DoctorRules.publicAnswer(
        Facts.PublicAnswer(status: status, isReady: isReady, redirect: redirect, instance: answered), origin: "https://sms.example.com",
        instance: here)
    }
    #expect(finding(200, isReady: true, answered: "a1").level == .ok)
    #expect(finding(200, isReady: true, answered: "b2").level == .error)
    #expect(finding(200, isReady: true).level == .note)
    #expect(finding(200, isReady: true, answered: "a1", here: nil).level == .note)
    #expect(finding(200).level == .error)
    #expect(finding(401).text.contains("knows no token"))
    #expect(finding(404).text.contains("path"))
    #expect(finding(502).text.contains("does not reach the relay"))
    #expect(finding(301, redirect: "https://www.example.com").text.contains("redirects to https://www.example.com"))
  }

  @Test func `dates of certificates and of answers`() {
    #expect(CertificateDate.instant("Nov 24 04:47:19 2026 GMT") == Instant(rfc3339: "2026-11-24T04:47:19Z"))
    #expect(CertificateDate.instant("Jan  5 00:00:00 2027 GMT") == Instant(rfc3339: "2027-01-05T00:00:00Z"))
    #expect(CertificateDate.instant("24 Nov 2026") == nil)
    #expect(HTTPDate.instant("Tue, 24 Nov 2026 04:47:19 GMT") == Instant(rfc3339: "2026-11-24T04:47:19Z"))
    #expect(HTTPDate.instant("yesterday") == nil)
  }
}
