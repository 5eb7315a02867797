import Model
import Testing

@testable import Traffic

struct DispatcherTests {
  private func dispatcher(count: Int?, disorder: Double = 0, _ change: (inout Pace) -> Void) -> Driven {
    var campaign = CampaignSettings(seed: 3)
    campaign.count = count
    campaign.duplicates = 0
    campaign.disorder = disorder
    var pace = Pace()
    change(&pace)
    return Driven(Dispatcher(campaign: Campaign(campaign), pace: pace))
  }

  @Test func `arrivals are on a schedule that does not wait for answers`() throws {
    let dispatcher = dispatcher(count: nil) { $0.rate = 10 }
    #expect(try #require(dispatcher.next(at: .zero).job).due == .zero)
    #expect(dispatcher.next(at: .zero).wait == .milliseconds(100))
    // The receiver stalled: what should have been sent meanwhile is late, and is late from its own time.
    let late = (0..<3).compactMap { _ in dispatcher.next(at: .milliseconds(350)).job }
    #expect(late.map(\.due) == (1...3).map { .milliseconds($0 * 100) })
    #expect(dispatcher.next(at: .milliseconds(350)).wait == .milliseconds(400))
  }

  @Test func `arrivals end with the duration and the run with the last answer`() throws {
    let dispatcher = dispatcher(count: nil) {
      $0.rate = 10
      $0.duration = .milliseconds(150)
    }
    let jobs = try [#require(dispatcher.next(at: .seconds(9)).job), #require(dispatcher.next(at: .seconds(9)).job)]
    #expect(dispatcher.next(at: .seconds(9)).isWaitForAnswer)
    for job in jobs { #expect(dispatcher.settled(job, isAnswered: true, at: .seconds(9)) == .answered) }
    #expect(dispatcher.next(at: .seconds(9)).isFinished)
  }

  @Test func `a retry comes after a pause that doubles and is given up after the last`() throws {
    let dispatcher = dispatcher(count: 1) {
      $0.retries = 3
      $0.retryPause = .milliseconds(250)
    }
    var now = Duration.zero
    for wait in [Duration.milliseconds(250), .milliseconds(500), .milliseconds(1_000)] {
      let job = try #require(dispatcher.next(at: now).job)
      #expect(job.due == now)
      #expect(dispatcher.settled(job, isAnswered: false, at: now) == .retry)
      #expect(dispatcher.next(at: now).wait == now + wait)
      now += wait
    }
    let last = try #require(dispatcher.next(at: now).job)
    #expect(last.tries == 4)
    #expect(dispatcher.settled(last, isAnswered: false, at: now) == .givenUp)
    #expect(dispatcher.next(at: now).isFinished)
  }

  @Test(arguments: [true, false])
  func `a message's second report waits until the first is settled`(isAnswered: Bool) throws {
    let dispatcher = dispatcher(count: 2) {
      $0.rate = 1_000
      $0.retries = 0
    }
    let first = try #require(dispatcher.next(at: .zero).job)
    #expect(dispatcher.next(at: .seconds(1)).isWaitForAnswer)
    _ = dispatcher.settled(first, isAnswered: isAnswered, at: .seconds(2))
    let second = try #require(dispatcher.next(at: .seconds(2)).job)
    #expect(first.request.report.id == second.request.report.id)
    #expect(first.request.report.status == .accepted)
    #expect(second.due == .seconds(2))
  }

  @Test func `without a rate no more is open than there are connections, retries included`() throws {
    let dispatcher = dispatcher(count: nil) {
      $0.rate = 0
      $0.connections = 2
    }
    let job = try #require(dispatcher.next(at: .zero).job)
    _ = try #require(dispatcher.next(at: .zero).job)
    #expect(dispatcher.settled(job, isAnswered: false, at: .zero) == .retry)
    #expect(dispatcher.next(at: .zero).wait == Pace().retryPause)
  }

  @Test func `a stop drops what waits and leaves what is on its way`() throws {
    let dispatcher = dispatcher(count: nil) { $0.rate = 100 }
    let failed = try #require(dispatcher.next(at: .seconds(1)).job)
    let onItsWay = try #require(dispatcher.next(at: .seconds(1)).job)
    _ = dispatcher.settled(failed, isAnswered: false, at: .seconds(1))
    #expect(dispatcher.stop() == 1)
    #expect(dispatcher.next(at: .seconds(9)).isWaitForAnswer)
    #expect(dispatcher.settled(onItsWay, isAnswered: true, at: .seconds(9)) == .answered)
    #expect(dispatcher.next(at: .seconds(9)).isFinished)
  }
}

/// By reference, since an expectation may not call what mutates a value.
private final class Driven {
  private var dispatcher: Dispatcher

  init(_ dispatcher: Dispatcher) { self.dispatcher = dispatcher }

  func next(at now: Duration) -> Dispatcher.Next { dispatcher.next(at: now) }
  func settled(_ job: Job, isAnswered: Bool, at now: Duration) -> Dispatcher.Settled {
    dispatcher.settled(job, isAnswered: isAnswered, at: now)
  }
  func stop() -> Int { dispatcher.stop() }
}

extension Dispatcher.Next {
  fileprivate var job: Job? { if case .send(let job) = self { job } else { nil } }
  fileprivate var wait: Duration? { if case .wait(let until) = self { until } else { nil } }
  fileprivate var isWaitForAnswer: Bool { if case .waitForAnswer = self { true } else { false } }
  fileprivate var isFinished: Bool { if case .finished = self { true } else { false } }
}
