import Model
import Support
import Testing

@testable import Status

struct ChartTests {
  private static let now = ManualClock().now

  private static func sample(_ minutesAgo: Int, _ reports: Int, waiting: Int = 0) -> HistorySample {
    HistorySample(at: now - .minutes(minutesAgo), reports: reports, delivered: 0, failedAttempts: 0, waiting: waiting, dead: 0)
  }

  @Test func `a counter becomes a rate a minute, and one that goes down is nothing that happened`() {
    let samples = [Self.sample(4, 100), Self.sample(3, 160), Self.sample(2, 40), Self.sample(1, 45), Self.sample(0, 45)]
    let chart = Chart.rate(of: samples, \.reports, .hour, at: Self.now)
    #expect(chart.runs.map { $0.map(\.value) } == [[60, 0, 5, 0]])
    #expect(chart.top == 100)
    #expect(chart.last == 0)
  }

  @Test func `where the relay was off the line is broken, and what came when it was back is no peak`() {
    let samples = [Self.sample(30, 0), Self.sample(29, 10), Self.sample(9, 5_000), Self.sample(8, 5_010)]
    let rate = Chart.rate(of: samples, \.reports, .hour, at: Self.now)
    #expect(rate.runs.map { $0.map(\.value) } == [[10], [10]])
    #expect(rate.hasGaps)
    let level = Chart.level(of: samples, \.waiting, .hour, at: Self.now)
    #expect(level.runs.map(\.count) == [2, 2])
    #expect(rate.runs.allSatisfy { rate.line($0).hasPrefix("M") && rate.line($0).contains("L") }, "a single minute is to be seen")
  }

  @Test func `a day is drawn by the highest of every five minutes, and nothing is drawn beyond it`() {
    let samples = (0...1_500).map { Self.sample(1_500 - $0, 0, waiting: $0 == 1_450 ? 900 : 3) }
    let chart = Chart.level(of: samples, \.waiting, .day, at: Self.now)
    let points = chart.runs.joined()
    #expect(points.count <= 289)
    #expect(chart.most == 900)
    #expect(points.allSatisfy { $0.at >= Self.now - .days(1) })
  }

  @Test(arguments: [(0.0, 1.0), (1, 1), (1.2, 2), (3, 5), (5.1, 10), (999, 1_000), (1_001, 2_000)])
  func `the axis ends at a round number`(most: Double, top: Double) {
    let samples = [Self.sample(0, 0, waiting: Int(most.rounded(.up)))]
    if most == most.rounded() { #expect(Chart.level(of: samples, \.waiting, .hour, at: Self.now).top == top) }
  }

  @Test func `every point is within the picture, whatever the clock did`() throws {
    var samples = (0...60).map { Self.sample(60 - $0, $0 * $0, waiting: $0 % 7) }
    samples.insert(Self.sample(-5, 10, waiting: 9), at: 20)
    samples.append(Self.sample(30, 10, waiting: 4))
    for chart in [Chart.rate(of: samples, \.reports, .hour, at: Self.now), .level(of: samples, \.waiting, .hour, at: Self.now)] {
      for run in chart.runs {
        for match in chart.line(run).matches(of: /[ML]([0-9.]+) ([0-9.]+)/) {
          let (x, y) = (try #require(Double(match.1)), try #require(Double(match.2)))
          #expect((0...Double(Chart.width)).contains(x) && (0...Double(Chart.height)).contains(y))
        }
      }
    }
  }
}

struct RatesTests {
  private static func standing(_ reports: Int, _ delivered: Int) -> Standing {
    var standing = Standing()
    standing.reports = reports
    standing.lanes = [LaneStanding(id: LaneID(1), name: "shop")]
    standing.lanes[0].delivered = delivered
    return standing
  }

  @Test func `a rate is of the last minute, and unknown before there was some time`() {
    var rates = Rates()
    let begin = ManualClock().now
    rates.take(Self.standing(100, 50), at: begin)
    #expect(rates.received(Self.standing(100, 50), at: begin) == nil)
    #expect(rates.received(Self.standing(101, 50), at: begin + .seconds(1)) == nil)
    for second in stride(from: 10, through: 600, by: 10) {
      rates.take(Self.standing(100 + second * 2, 50 + second), at: begin + .seconds(second))
    }
    let (now, last) = (begin + .seconds(600), Self.standing(1_300, 650))
    #expect(rates.received(last, at: now) == 120)
    #expect(rates.delivered(last, at: now) == 60)
    #expect(rates.delivered(last.lanes[0], at: now) == 60)
    #expect(rates.received(last, at: now + .hours(1)) == nil, "what nobody looked at for an hour has no rate of now")
  }

  @Test func `a clock that is set back, or counters that go down, begin anew`() {
    var rates = Rates()
    let begin = ManualClock().now
    rates.take(Self.standing(100, 50), at: begin)
    rates.take(Self.standing(10, 5), at: begin + .seconds(20))
    #expect(rates.received(Self.standing(20, 5), at: begin + .seconds(30)) == 60)
    rates.take(Self.standing(20, 5), at: begin)
    #expect(rates.received(Self.standing(21, 4), at: begin + .seconds(10)) == 6)
    #expect(rates.delivered(Self.standing(21, 4), at: begin + .seconds(10)) == 0)
  }

  @Test func `who looks all the time costs no more memory`() {
    var rates = Rates()
    for second in 0..<10_000 { rates.take(Self.standing(second, 0), at: ManualClock().now + .seconds(second)) }
    #expect(Mirror(reflecting: rates).children.compactMap { ($0.value as? [Any])?.count }.allSatisfy { $0 <= Rates.samplesMax })
  }
}
