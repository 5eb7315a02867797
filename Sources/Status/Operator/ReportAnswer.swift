import Foundation
import Model
import Observe

/// What became of a report, for a person who asks. Phone numbers are masked, and the message is not in it.
package struct ReportAnswer: Codable, Sendable, Equatable {
  package struct Status: Codable, Sendable, Equatable {
    package var status: String
    @OrNull package var packetId: Int64?
    /// Masked; null if the report has none, or its bytes are gone.
    @OrNull package var to: String?
    package var receivedAt: String
    package var lastSeenAt: String
    /// How often it came.
    package var seen: Int
    /// `matched`, `unmatched` or `filtered`.
    package var destiny: String
    package var stale: Bool
    /// Null once retention took them; then it cannot be sent again.
    @OrNull package var bytes: Int?
    package var routes: [Share]
    /// What the rules in force say of it; left out in a list, and where its bytes are gone or are no report to this version.
    package var rules: RulesAnswer?
  }

  package struct Share: Codable, Sendable, Equatable {
    package var name: String
    package var state: DeliveryState
    /// Why it waits, in a word: `ready`, `retry`, `held`, `replay`; else the state.
    package var queue: String
    package var tries: Int
    /// When it is sent again, was delivered or was given up.
    @OrNull package var at: String?
    /// Failed ones that are kept.
    package var attempts: [Attempt]
  }

  package struct Attempt: Codable, Sendable, Equatable {
    package var number: Int
    package var startedAt: String
    package var durationMs: Double
    package var outcome: String
    /// Null where no answer came.
    @OrNull package var status: Int?
    package var detail: String
    /// The beginning of the app's answer.
    package var answer: String
  }

  package var id: Int64
  /// In the order of arrival.
  package var statuses: [Status]
}

extension ReportAnswer {
  package init(id: Int64, _ records: [ReportRecord]) {
    self.id = id
    statuses = records.map(Status.init)
  }
}

extension ReportAnswer.Status {
  init(_ record: ReportRecord) {
    status = record.key.status
    packetId = record.packetID
    to = record.payload.flatMap(recipient).map(masked(phone:))
    receivedAt = record.receivedAt.rfc3339
    lastSeenAt = record.lastSeenAt.rfc3339
    seen = record.seen
    destiny = "\(record.destiny)"
    stale = record.isStale
    bytes = record.payload?.bytes.count
    let personal = PersonalText(record.payload)
    routes = record.shares.map { ReportAnswer.Share($0, personal) }
  }
}

extension ReportAnswer.Share {
  init(_ share: ReportRecord.Share, _ personal: PersonalText) {
    name = share.route
    state = share.state
    queue = share.queue
    tries = share.tries
    at = share.at?.rfc3339
    attempts = share.attempts.map { ReportAnswer.Attempt($0, personal) }
  }
}

extension ReportAnswer.Attempt {
  init(_ attempt: AttemptRecord, _ personal: PersonalText) {
    number = attempt.number
    startedAt = attempt.startedAt.rfc3339
    durationMs = attempt.took.milliseconds
    outcome = attempt.outcome
    status = attempt.status == 0 ? nil : attempt.status
    // The app may repeat in its answer what it was sent.
    detail = personal.masked(in: attempt.detail)
    answer = personal.masked(in: attempt.answer)
  }
}

/// The member `to` of a report's bytes.
func recipient(of payload: Payload) -> String? {
  struct Body: Decodable {
    struct Report: Decodable { var to: String? }
    var report: Report
  }
  return try? JSONDecoder().decode(Body.self, from: Data(payload.bytes)).report.to
}
