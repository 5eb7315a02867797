import Model
import Testing

@testable import Traffic

struct ScheduleTests {
  private func schedule(count: Int?, disorder: Double = 0, _ change: (inout Pace) -> Void) -> Driven {
    var campaign = CampaignSettings(seed: 3)
    campaign.count = count
    campaign.duplicates = 0
    campaign.disorder = disorder
    var pace = Pace()
    change(&pace)
    return Driven(Schedule(campaign: Campaign(campaign), pace: pace))
  }

  @Test func `arrivals are on a schedule that does not wait for answers`() throws {
    let schedule = schedule(count: nil) { $0.rate = 10 }
    #expect(try #require(schedule.next(at: .zero).job).due == .zero)
    #expect(schedule.next(at: .zero).wait == .milliseconds(100))
    // The receiver stalled: what should have been sent meanwhile is late, and is late from its own time.
    let late = (0..<3).compactMap { _ in schedule.next(at: .milliseconds(350)).job }
    #expect(late.map(\.due) == (1...3).map { .milliseconds($0 * 100) })
    #expect(schedule.next(at: .milliseconds(350)).wait == .milliseconds(400))
  }

  @Test func `arrivals end with the duration and the run with the last answer`() throws {
    let schedule = schedule(count: nil) {
      $0.rate = 10
      $0.duration = .milliseconds(150)
    }
    let jobs = try [#require(schedule.next(at: .seconds(9)).job), #require(schedule.next(at: .seconds(9)).job)]
    #expect(schedule.next(at: .seconds(9)).isWaitForAnswer)
    for job in jobs { #expect(schedule.settled(job, isAnswered: true, at: .seconds(9)) == .answered) }
    #expect(schedule.next(at: .seconds(9)).isFinished)
  }

  @Test func `a retry comes after a pause that doubles and is given up after the last`() throws {
    let schedule = schedule(count: 1) {
      $0.retries = 3
      $0.retryPause = .milliseconds(250)
    }
    var now = Duration.zero
    for wait in [Duration.milliseconds(250), .milliseconds(500), .milliseconds(1_000)] {
      let job = try #require(schedule.next(at: now).job)
      #expect(job.due == now)
      #expect(schedule.settled(job, isAnswered: false, at: now) == .retry)
      #expect(schedule.next(at: now).wait == now + wait)
      now += wait
    }
    let last = try #require(schedule.next(at: now).job)
    #expect(last.tries == 4)
    #expect(schedule.settled(last, isAnswered: false, at: now) == .givenUp)
    #expect(schedule.next(at: now).isFinished)
  }

  @Test(arguments: [true, false])
  func `a message's second report waits until the first is settled`(isAnswered: Bool) throws {
    let schedule = schedule(count: 2) {
      $0.rate = 1_000
      $0.retries = 0
    }
    let first = try #require(schedule.next(at: .zero).job)
    #expect(schedule.next(at: .seconds(1)).isWaitForAnswer)
    _ = schedule.settled(first, isAnswered: isAnswered, at: .seconds(2))
    let second = try #require(schedule.next(at: .seconds(2)).job)
    #expect(first.request.report.id == second.request.report.id)
    #expect(first.request.report.status == .accepted)
    #expect(second.due == .seconds(2))
  }

  @Test func `without a rate no more is open than there are connections, retries included`() throws {
    let schedule = schedule(count: nil) {
      $0.rate = 0
      $0.connections = 2
    }
    let job = try #require(schedule.next(at: .zero).job)
    _ = try #require(schedule.next(at: .zero).job)
    #expect(schedule.settled(job, isAnswered: false, at: .zero) == .retry)
    #expect(schedule.next(at: .zero).wait == Pace().retryPause)
  }

  @Test func `a stop drops what waits and leaves what is on its way`() throws {
    let schedule = schedule(count: nil) { $0.rate = 100 }
    let failed = try #require(schedule.next(at: .seconds(1)).job)
    let onItsWay = try #require(schedule.next(at: .seconds(1)).job)
    _ = schedule.settled(failed, isAnswered: false, at: .seconds(1))
    #expect(schedule.stop() == 1)
    #expect(schedule.next(at: .seconds(9)).isWaitForAnswer)
    #expect(schedule.settled(onItsWay, isAnswered: true, at: .seconds(9)) == .answered)
    #expect(schedule.next(at: .seconds(9)).isFinished)
  }
}

/// By reference, since an expectation may not call what mutates a value.
private final class Driven {
  private var schedule: Schedule

  init(_ schedule: Schedule) { self.schedule = schedule }

  func next(at now: Duration) -> Schedule.Next { schedule.next(at: now) }
  func settled(_ job: Job, isAnswered: Bool, at now: Duration) -> Schedule.Settled {
    schedule.settled(job, isAnswered: isAnswered, at: now)
  }
  func stop() -> Int { schedule.stop() }
}

extension Schedule.Next {
  fileprivate var job: Job? { if case .send(let job) = self { job } else { nil } }
  fileprivate var wait: Duration? { if case .wait(let until) = self { until } else { nil } }
  fileprivate var isWaitForAnswer: Bool { if case .waitForAnswer = self { true } else { false } }
  fileprivate var isFinished: Bool { if case .finished = self { true } else { false } }
}
