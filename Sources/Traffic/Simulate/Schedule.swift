import DequeModule
import Model

/// When and how often requests are made.
package struct Pace: Sendable, Equatable {
  /// Arrivals per second, whatever the answers are like (an open loop); 0 for a new one as soon as a connection is free.
  package var rate = 0.0
  /// Requests on their way at once, at most.
  package var connections = 32
  /// Arrivals end after this much time; nil for when the campaign ends. What has arrived by then is still settled.
  package var duration: Duration?
  /// A request without a 2xx is made again, at most so many times.
  package var retries = 5
  /// Before the first retry. It doubles with each, up to `retryPauseMax`.
  package var retryPause: Duration = .milliseconds(250)

  package static let retryPauseMax: Duration = .seconds(30)

  package init() {}
}

/// One try of one request.
struct Job: Sendable {
  var request: PlannedRequest
  /// When this try should be made, since the start. Latency is measured from here, so that a stall of the receiver shows in
  /// all requests that should have been made meanwhile ("coordinated omission").
  var due: Duration
  /// Including this one.
  var tries = 1
}

/// Decides what is sent next. A value without I/O or clock; all times are since the start.
///
/// The reports of one message are sent in the campaign's order: the second waits until the first is settled, or else
/// the network would add disorder to what was asked for. Duplicates do not wait.
struct Schedule: Sendable {
  enum Next {
    case send(Job)
    /// Nothing before this time.
    case wait(until: Duration)
    /// Nothing before something on its way is settled.
    case waitForAnswer
    case finished
  }

  enum Settled { case answered, retry, givenUp }

  /// Requests waiting for a retry or for their message's earlier report. At the bound nothing new is sent; the schedule goes
  /// on and what is late counts as late.
  static let waitingMax = 100_000

  private let pace: Pace
  private var campaign: Campaign
  private var arrivals = 0
  private var arrivalsEnded = false
  private(set) var inFlight = 0
  /// By tries so far. All in one queue wait equally long, so the first in it is the first due.
  private var retries: [Deque<Job>]
  private var retriesWaiting = 0
  /// Messages with a report that is not settled, and the reports that wait for that.
  private var unsettled: [Int64: [Job]] = [:]
  private var held = 0
  private var released: Deque<Job> = []

  init(campaign: Campaign, pace: Pace) {
    precondition(pace.connections > 0 && pace.rate >= 0 && pace.retries >= 0)
    self.campaign = campaign
    self.pace = pace
    retries = Array(repeating: [], count: pace.retries + 1)
  }

  /// What was begun and has no 2xx yet.
  var open: Int { inFlight + retriesWaiting + held + released.count }

  /// To be called while a connection is free; what it says to send is then on its way.
  mutating func next(at now: Duration) -> Next {
    if let job = dueRetry(at: now) ?? released.popFirst() { return send(job) }
    while !arrivalsEnded {
      guard mayArrive else { return waitForRetry() }
      let due = pace.rate > 0 ? Duration.nanoseconds(Int64(Double(arrivals) / pace.rate * 1e9)) : now
      if let duration = pace.duration, due >= duration { break }
      guard due <= now else { return .wait(until: min(due, nextRetry ?? due)) }
      guard let request = campaign.next() else { break }
      arrivals += 1
      if let job = hold(Job(request: request, due: due)) { return send(job) }
    }
    arrivalsEnded = true
    return open == 0 ? .finished : waitForRetry()
  }

  /// A try has ended.
  mutating func settled(_ job: Job, isAnswered: Bool, at now: Duration) -> Settled {
    inFlight -= 1
    if !isAnswered, job.tries <= pace.retries {
      var again = job
      again.tries += 1
      again.due = now + pause(afterTries: job.tries)
      retries[job.tries - 1].append(again)
      retriesWaiting += 1
      return .retry
    }
    if !job.request.isDuplicate { release(after: job.request.report.id, at: now) }
    return isAnswered ? .answered : .givenUp
  }

  /// No more arrivals and no more retries. What is on its way may still be settled.
  /// - Returns: how many requests are dropped by this.
  mutating func stop() -> Int {
    arrivalsEnded = true
    let dropped = retriesWaiting + held + released.count
    retries = Array(repeating: [], count: retries.count)
    retriesWaiting = 0
    unsettled = [:]
    held = 0
    released = []
    return dropped
  }

  /// With a rate, arrivals do not ask what became of the others. Without one, a request occupies its connection until settled.
  private var mayArrive: Bool { pace.rate > 0 ? retriesWaiting + held < Self.waitingMax : open < pace.connections }

  private mutating func send(_ job: Job) -> Next {
    inFlight += 1
    return .send(job)
  }

  /// The job, unless it has to wait for its message's earlier report.
  private mutating func hold(_ job: Job) -> Job? {
    guard !job.request.isDuplicate else { return job }
    let id = job.request.report.id
    guard unsettled[id] != nil else {
      unsettled[id] = []
      return job
    }
    unsettled[id]?.append(job)
    held += 1
    return nil
  }

  private mutating func release(after id: Int64, at now: Duration) {
    guard var jobs = unsettled[id] else { return }
    guard !jobs.isEmpty else {
      unsettled[id] = nil
      return
    }
    var job = jobs.removeFirst()
    job.due = max(job.due, now)
    unsettled[id] = jobs
    held -= 1
    released.append(job)
  }

  private var nextRetry: Duration? { retries.lazy.compactMap { $0.first?.due }.min() }

  private mutating func dueRetry(at now: Duration) -> Job? {
    guard retriesWaiting > 0, let i = retries.indices.first(where: { retries[$0].first.map { $0.due <= now } ?? false }) else { return nil }
    retriesWaiting -= 1
    return retries[i].popFirst()
  }

  private func waitForRetry() -> Next { nextRetry.map { .wait(until: $0) } ?? .waitForAnswer }

  private func pause(afterTries tries: Int) -> Duration {
    var pause = pace.retryPause
    for _ in 1..<max(1, tries) where pause < Pace.retryPauseMax { pause += pause }
    return min(pause, Pace.retryPauseMax)
  }
}
