import Model
import Synchronization

/// A journal for tests of the public door: it stores nothing, and the test says when and how each append is answered.
package final class ScriptedJournal: Journal {
  package typealias Then = @Sendable (JournalError?) -> Void

  /// What the door asked to be kept, with the answer that it waits for.
  package struct Entry: Sendable {
    package enum Content: Sendable {
      case report(Arrival)
      case body(Quarantined)
    }

    package var content: Content
    package var then: Then

    package var payload: Payload {
      switch content {
      case .report(let arrival): arrival.payload
      case .body(let body): body.payload
      }
    }

    package var arrival: Arrival? { if case .report(let arrival) = content { arrival } else { nil } }
    package var quarantined: Quarantined? { if case .body(let body) = content { body } else { nil } }
  }

  package enum Mode: Sendable {
    /// Calls `then` at once, with this.
    case answers(JournalError?)
    /// Leaves `then` to the test.
    case holds
  }

  package let entries = Tape<Entry>()
  package let refusals = Tape<String>()
  private let mode: Mode

  package init(_ mode: Mode = .answers(nil)) { self.mode = mode }

  package func append(_ arrival: Arrival, then: @escaping Then) { took(Entry(content: .report(arrival), then: then)) }
  package func quarantine(_ body: Quarantined, then: @escaping Then) { took(Entry(content: .body(body), then: then)) }
  package func count(refused reason: String) { refusals.append(reason) }

  private func took(_ entry: Entry) {
    entries.append(entry)
    if case .answers(let error) = mode { entry.then(error) }
  }

  // What a door never asks for.
  package func adopt(_ rules: JournalRules) {}

  package func lanes(for terms: [LaneTerms]) -> [LaneID] { terms.indices.map { LaneID($0 + 1) } }
  package func connect(_ receive: @escaping @Sendable (Handover) -> Void) {}
  package func keep(_ state: LaneState, of lane: LaneID, then: @escaping Then) { then(nil) }
  package func release(_ lane: LaneID, heldSince: Instant) {}
  package func settle(_ results: [Settlement]) {}
  package func giveBack(_ bytes: Int, of lane: LaneID, from queue: Queue) {}
  package func fetch(_ queue: Queue, of lane: LaneID) {}
  package func standing() -> Standing { Standing() }
  package func oldestWaiting() -> [LaneID: Instant] { [:] }
  package func waiting(apart ends: [Instant]?) -> [WaitingCount] { [] }
  package var isHealthy: Bool { true }
  package func close() {}
}
