import Model

/// A line over time, as the parts of an SVG picture. A value: what is drawn is decided here, the template only writes it.
struct Chart: Equatable {
  enum Span: String, CaseIterable {
    case hour, day

    var duration: Duration { self == .hour ? .hours(1) : .days(1) }
    /// One point of the line.
    var step: Duration { self == .hour ? .minutes(1) : .minutes(5) }
  }

  static let width = 240
  static let height = 48
  /// Samples come every minute; with more between two of them the relay was off.
  private static let gapMin: Duration = .seconds(150)

  /// What was so at a time: of a rate, over the minute before.
  struct Point: Equatable {
    var at: Instant
    var value: Double
  }

  /// Lines without a gap in them, in order.
  var runs: [[Point]] = []
  /// The axis goes from 0 to here: 1, 2 or 5 times a power of ten.
  var top: Double
  var span: Span
  var now: Instant

  /// How often something happened, a minute.
  /// - Parameter counter: goes up; where it goes down, as by an operator's doing, nothing happened.
  static func rate(of samples: [HistorySample], _ counter: (HistorySample) -> Int, _ span: Span, at now: Instant) -> Chart {
    var runs: [[Point]] = []
    var run: [Point] = []
    for (earlier, later) in zip(samples, samples.dropFirst()) {
      let between = later.at - earlier.at
      guard between > .zero, between <= gapMin else {
        if !run.isEmpty { runs.append(run) }
        run = []
        continue
      }
      let happened = Double(max(0, counter(later) - counter(earlier)))
      run.append(Point(at: later.at, value: happened / between.seconds * 60))
    }
    if !run.isEmpty { runs.append(run) }
    return Chart(runs, span, at: now)
  }

  /// How much there was of something.
  static func level(of samples: [HistorySample], _ level: (HistorySample) -> Int, _ span: Span, at now: Instant) -> Chart {
    var runs: [[Point]] = []
    var last: Instant?
    for sample in samples {
      let point = Point(at: sample.at, value: Double(max(0, level(sample))))
      if let last, sample.at - last <= gapMin, sample.at > last { runs[runs.count - 1].append(point) } else { runs.append([point]) }
      last = sample.at
    }
    return Chart(runs, span, at: now)
  }

  private init(_ runs: [[Point]], _ span: Span, at now: Instant) {
    (self.span, self.now) = (span, now)
    let since = now - span.duration
    self.runs = runs.map { Self.thinned($0.filter { $0.at >= since && $0.at <= now }, to: span.step) }.filter { !$0.isEmpty }
    top = Self.top(over: self.runs.joined().map(\.value).max() ?? 0)
  }

  /// One point for each step: its highest, so that nothing that happened is hidden.
  private static func thinned(_ run: [Point], to step: Duration) -> [Point] {
    var points: [Point] = []
    for point in run {
      let isSame = points.last.map { $0.at.microseconds / step.microseconds == point.at.microseconds / step.microseconds } ?? false
      if isSame { points[points.count - 1].value = max(points[points.count - 1].value, point.value) } else { points.append(point) }
    }
    return points
  }

  private static func top(over most: Double) -> Double {
    var power = 1.0
    while power < 1e15 {
      for factor in [1.0, 2, 5] where factor * power >= most { return factor * power }
      power *= 10
    }
    return power
  }

  var most: Double { runs.joined().map(\.value).max() ?? 0 }
  var last: Double? { runs.last?.last?.value }
  var hasGaps: Bool { runs.count > 1 }

  private func x(_ point: Point) -> Double {
    let share = 1 - (now - point.at).seconds / span.duration.seconds
    return min(1, max(0, share)) * Double(Self.width)
  }

  /// The line is 1 away from the edge at least, so that none of its width is cut.
  private func y(_ point: Point) -> Double { 1 + (1 - point.value / top) * Double(Self.height - 2) }

  /// Of an SVG path.
  func line(_ run: [Point]) -> String {
    let points = places(run).map { "\(shown($0.x)) \(shown($0.y))" }
    return "M" + points.joined(separator: "L")
  }

  func area(_ run: [Point]) -> String {
    let places = places(run)
    guard let first = places.first, let last = places.last else { return "" }
    return line(run) + "L\(shown(last.x)) \(Self.height)L\(shown(first.x)) \(Self.height)Z"
  }

  /// A single point is a short line, to be seen.
  private func places(_ run: [Point]) -> [(x: Double, y: Double)] {
    let places = run.map { (x: x($0), y: y($0)) }
    guard run.count == 1, let only = places.first else { return places }
    return [(max(0, only.x - 1), only.y), (min(Double(Self.width), only.x + 1), only.y)]
  }

  private func shown(_ coordinate: Double) -> String {
    let tenths = Int((coordinate * 10).rounded())
    return tenths.isMultiple(of: 10) ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}

extension Chart {
  /// - Parameters:
  ///   - id: of the picture; unique in the page.
  ///   - isRate: a minute, and not at a time.
  func view(id: String, what: String, isRate: Bool, _ phrases: Phrases) -> View {
    let words = phrases.words
    let spanName = span == .hour ? words.hour : words.day
    let (most, last) = (phrases.number(most), last.map { phrases.number($0) })
    let facts = isRate ? words.sentences.chartRate(most: most, now: last) : words.sentences.chartLevel(most: most, now: last)
    return [
      "id": id, "width": Self.width, "height": Self.height, "title": words.sentences.chartTitle(what, spanName),
      "description": hasGaps ? "\(facts) \(words.sentences.chartHasGaps())" : facts,
      "grid": "M0 1H\(Self.width)M0 \(Self.height / 2)H\(Self.width)M0 \(Self.height - 1)H\(Self.width)",
      "runs": runs.map { ["area": area($0), "line": line($0)] as View },
      "max": isRate ? phrases.perMinute(top) : phrases.number(top), "from": phrases.clock(now - span.duration), "to": words.now,
    ]
  }
}
