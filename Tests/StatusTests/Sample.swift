import Foundation
import Model
import Observe
import Status
import Support

/// A relay with something to show: two routes in the file, `shop` and `bank`, and one that was removed while copies waited.
struct Sample {
  var clock = ManualClock()
  var source: StatusSource
}

func sample(
  routes: [String] = ["shop", "bank"], removed: String = "old", change: (inout Standing) -> Void = { _ in }
) -> Sample {
  let clock = ManualClock()
  let now = clock.now
  var standing = Standing()
  (standing.reports, standing.duplicates, standing.unmatched, standing.filtered) = (1_234, 5, 6, 7)
  standing.quarantined = [.notJSON: 2, .noID: 1]
  standing.refused = ["token_wrong": 4]
  standing.lastReportAt = now - .seconds(3)
  standing.bytes = 3_400_000
  var first = LaneStanding(id: LaneID(1), name: routes[0])
  (first.matched, first.delivered, first.dead, first.failedAttempts) = (100, 80, 1, 9)
  first.lastError = "could not reach +905051234567"
  first.lastErrorAt = now - .seconds(60)
  var gone = LaneStanding(id: LaneID(3), name: removed)
  (gone.matched, gone.delivered) = (12, 10)
  standing.lanes = [gone, LaneStanding(id: LaneID(2), name: routes[1]), first]
  change(&standing)
  let counted = standing
  var gauge = LaneGauge(lane: LaneID(1))
  (gauge.inFlight, gauge.window) = (4, 16)
  let gauges = [gauge, LaneGauge(lane: LaneID(2))]
  let recorder = Recorder()
  for n in 1...100 { recorder.observe(.delivered(LaneID(1), tries: 1, lag: .milliseconds(n))) }
  let desk = Desk()
  desk.change { state in
    state.unmatched = [
      StoredReport(
        seq: 1, key: ReportKey(id: 1, status: "delivered"), packetID: nil, receivedAt: now, lastSeenAt: now, seen: 1, destiny: .unmatched,
        payload: Payload(bytes: []))
    ]
    state.quarantined = [QuarantinedRecord(id: 1, receivedAt: now, reason: .noID, payload: Payload(bytes: []))]
  }
  var source = StatusSource(
    version: "0.1.0", startedAt: now - .hours(2), recorder: recorder, clock: clock.clock,
    configuration: { LoadedConfiguration(fingerprint: "c0ffee", loadedAt: now - .hours(1), routes: routes) },
    standing: { counted }, gauges: { gauges },
    oldestWaiting: { [LaneID(1): now - .seconds(90), LaneID(3): now - .days(2)] },
    waiting: { _ in
      [
        WaitingCount(lane: LaneID(1), minute: now - .seconds(40), count: 11),
        WaitingCount(lane: LaneID(1), minute: now - .minutes(30), count: 8),
        WaitingCount(lane: LaneID(3), minute: now - .days(9), count: 2),
      ]
    },
    operations: desk.operations, isStoreWritable: { true }, publicDoorAnswers: { true })
  // Nobody guesses here whose time it would be.
  source.wait = { _ in }
  source.tokenUses = {
    [TokenUse(label: "2026-05", lastUsedAt: nil), TokenUse(label: "2026-11", lastUsedAt: now - .seconds(3))]
  }
  return Sample(clock: clock, source: source)
}

func object(_ response: HTTPResponse) throws -> [String: Any] {
  guard let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any] else { throw NotAnObject() }
  return object
}

func sameJSON(_ a: String, _ b: String) throws -> Bool {
  func value(_ text: String) throws -> NSObject {
    guard let value = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSObject else { throw NotAnObject() }
    return value
  }
  return try value(a) == value(b)
}

struct NotAnObject: Error {}
